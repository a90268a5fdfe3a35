// docs/api.md is true: its programs are the files of docs/examples/, and each does what the page says.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { buildSchema } from 'graphql';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

import { DevPhone } from '../browser/harness/dev-phone.mjs';
import { until } from '../browser/harness/until.mjs';
import { Asker, Caller, Staff, signIn } from './harness/asker.mjs';
import { PROGRAMS, ROOT, Server, environment } from '../harness/server.mjs';
import { PAGE, blocks, shown } from './worked-examples.mjs';

const page = await readFile(PAGE, 'utf8');
const AMARA = { name: 'Amara Okafor', phone: '+61491570006' };

let server;
let key;
/** Where the examples are, with what `npm install` would put beside them. */
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standby-examples-'));
  await cp(join(ROOT, 'docs/examples'), folder, { recursive: true });
  await symlink(join(ROOT, 'tests/node_modules'), join(folder, 'node_modules'));
  server = await Server.start();
  key = await server.addKey('CLINIC_ADMIN');
});
after(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Lets somebody arrive, and leave when this is over, however it ends. */
async function withCaller(act) {
  const caller = await Caller.arrive(server, AMARA);
  try {
    return await act(caller);
  } finally {
    await caller.accepted('leaveWaitingArea', {});
  }
}

const variables = (more) => ({
  ...environment(),
  STANDBY_URL: server.origin,
  STANDBY_API_KEY: key,
  STANDBY_CLINIC: 'demo',
  ...more,
});
const INTERPRETERS = { sh: 'bash', mjs: process.execPath, py: 'python3' };

/** Runs an example to its end, and returns what it prints. */
async function run(name, more, ...parameters) {
  const interpreter = INTERPRETERS[name.split('.').at(-1)];
  const { stdout } = await promisify(execFile)(interpreter, [join(folder, name), ...parameters], {
    env: variables(more),
  });
  return stdout;
}

/** The id of the one caller who is Waiting. */
async function whoIsWaiting() {
  const query = `{
    viewer { ... on ApiClient { clinic { waitingArea { callers(statuses: [WAITING]) { nodes { id } } } } } }
  }`;
  const { viewer } = await new Staff(server, key).ask(query);
  const [{ id }, ...others] = viewer.clinic.waitingArea.callers.nodes;
  assert.equal(others.length, 0);
  return id;
}

/** An example that goes on for as long as somebody waits, in a terminal. */
class Waiting {
  said = '';
  complained = '';

  constructor(more) {
    this.child = spawn(process.execPath, ['wait.mjs'], { cwd: folder, env: variables(more) });
    this.gone = new Promise((resolve) => this.child.once('close', resolve));
    this.child.stdout.setEncoding('utf8').on('data', (words) => (this.said += words));
    this.child.stderr.setEncoding('utf8').on('data', (words) => (this.complained += words));
  }

  type(line) {
    this.child.stdin.write(`${line}\n`);
  }

  /** Waits until the latest line is one like this. */
  async says(expected) {
    const latest = () => this.said.trimEnd().split('\n').at(-1);
    await until(`wait.mjs says ${expected}, and not ${latest()}`, () => {
      return expected.test(latest()) || this.child.exitCode !== null;
    });
    assert.match(latest(), expected, this.complained);
    return latest();
  }

  async end() {
    this.child.kill();
    await this.gone;
  }
}

/** The same, of one that prints JSON. */
const runForAnswer = async (name, more) => JSON.parse(await run(name, more));

/** What an answer is made of, whatever it says: names, and kinds of values. */
function shape(value) {
  if (Array.isArray(value)) return value.slice(0, 1).map(shape);
  if (value === null || typeof value !== 'object') return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shape(inner)]));
}

const answerOf = (file) => JSON.parse(blocks(page).find((block) => block.isAnswer && block.file === file).text);

describe('the page', () => {
  for (const { file, text, isAnswer } of blocks(page)) {
    if (isAnswer) continue;
    test(`shows ${file} as it is`, async () => {
      assert.equal(text, await shown(file), 'node tests/conformance/worked-examples.mjs writes it anew');
    });
  }

  test('is not alone: every example is shown as it is, here or on another page', async () => {
    const folder = join(ROOT, 'docs');
    const names = (await readdir(folder)).filter((name) => name.endsWith('.md'));
    const pages = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    for (const name of await readdir(join(folder, 'examples'))) {
      const text = await shown(`docs/examples/${name}`);
      assert.ok(
        pages.some((page) => page.includes(`\n${text}\`\`\`\n`)),
        name,
      );
    }
  });

  test('says what to do about every code of a refusal', async () => {
    const schema = buildSchema(await readFile(join(ROOT, 'schema.graphql'), 'utf8'));
    const codes = schema
      .getType('UserErrorCode')
      .getValues()
      .map(({ name }) => name);
    assert.deepEqual(
      codes.filter((code) => !page.includes(`\n| \`${code}\` |`)),
      [],
    );
  });

  test('names every code of an error', async () => {
    const codes = new Set();
    for (const folder of ['api/src/http', 'api/src/graphql']) {
      for (const name of await readdir(join(ROOT, folder), { recursive: true })) {
        if (!name.endsWith('.rs') || name.endsWith('tests.rs')) continue;
        const [code] = (await readFile(join(ROOT, folder, name), 'utf8')).split('#[cfg(test)]');
        for (const [, found] of code.matchAll(/(?:refusal|Fault::new)\(\s*(?:StatusCode::\w+,\s*)?"([A-Z_]+)"/g))
          codes.add(found);
        for (const [, found] of code.matchAll(/const \w+: &str = "([A-Z]+(?:_[A-Z]+)*)";/g)) codes.add(found);
        for (const [, found] of code.matchAll(/Err\(\(\s*"([A-Z_]+)"/g)) codes.add(found);
      }
    }
    assert.ok(codes.size > 15, `found only ${[...codes]}`);
    assert.deepEqual(
      [...codes].filter((code) => !page.includes(`\`${code}\``)),
      [],
    );
  });

  test('links to what is there', async () => {
    const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );
    for (const [, target] of page.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      if (target.startsWith('#')) assert.ok(anchors.includes(target.slice(1)), target);
      else assert.ok(existsSync(join(dirname(PAGE), target)), target);
    }
  });

  test('has the figures that the code has', async () => {
    const figures = {};
    for (const file of [
      'http/operation.rs',
      'domain/limits.rs',
      'http/graphql_http.rs',
      'http/graphql_ws.rs',
    ]) {
      const [code] = (await readFile(join(ROOT, 'api/src', file), 'utf8')).split('#[cfg(test)]');
      for (const [, name, first, second] of code.matchAll(/\b(\w+)(?:: usize =|:) ([\d_]+)(?: \* (1024))?[,;]\n/g)) {
        figures[name] = Number(first.replaceAll('_', '')) * Number(second ?? 1);
      }
    }
    const { message_bytes, body_bytes, query_bytes } = figures;
    const thousands = (figure) => figure.toLocaleString('en');
    const cost = thousands(figures.MOST_COST);
    const deep = `${figures.DEEPEST_FIELD}; ${figures.DEEPEST_SELECTION}`;
    const directives = `${figures.MOST_DIRECTIVES}; ${figures.MOST_DIRECTIVES_OF_A_FIELD}`;
    assert.equal(message_bytes, body_bytes);
    for (const row of [
      `| body of a request, message on a socket | ${body_bytes / 1024} KB |`,
      `| query string of a GET | ${query_bytes / 1024} KB |`,
      `| depth of a document, fragments written out; with the fragments counted | ${deep} |`,
      `| what a document may cost, a field being 1 and a list what its page may hold | ${cost} |`,
      `| aliases in a document | ${figures.MOST_ALIASES} |`,
      `| directives in a document; on one field | ${directives} |`,
      `| selections in a document, fragments written out | ${thousands(figures.MOST_SELECTIONS)} |`,
      `| connections for live updates of a team member or key | ${figures.CONNECTIONS_OF_STAFF} |`,
      `| the same of a caller; of an address | ${figures.CONNECTIONS_OF_CALLER}; ${figures.CONNECTIONS_FROM_ADDRESS} |`,
      `| operations at a time on a socket | ${figures.operations} |`,
    ]) {
      assert.ok(page.includes(`\n${row}\n`), row);
    }
  });

  test('has the quotas that the server keeps', async () => {
    const rows = {
      '"key"': 'an API key',
      '"session"': 'a team member',
      '"caller"': 'a caller',
      '"address"': 'an address',
    };
    const { token: session } = await signIn(server);
    const token = await withCaller((caller) => caller.token);
    const seen = new Set();
    for (const bearer of [key, session, token, undefined]) {
      const { headers } = await fetch(server.graphql, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(bearer && { authorization: `Bearer ${bearer}` }) },
        body: '{"query":"{ viewer { __typename } }"}',
      });
      const [, who, quota] = headers.get('ratelimit-policy').match(/^("\w+");q=(\d+);w=60$/);
      assert.match(page, new RegExp(`\\| ${rows[who]}[^|\\n]*\\| ${quota} \\|`), `${who} ${quota}`);
      assert.match(headers.get('ratelimit'), new RegExp(`^${who};r=\\d+;t=\\d+$`));
      seen.add(who);
    }
    assert.deepEqual([...seen], Object.keys(rows));
  });
});

describe('the examples', () => {
  test('who-is-waiting.sh lists who is waiting', () =>
    withCaller(async (caller) => {
      const answer = await runForAnswer('who-is-waiting.sh');
      assert.deepEqual(shape(answer), shape(answerOf('docs/examples/who-is-waiting.sh')));
      const { nodes } = answer.data.viewer.clinic.waitingArea.callers;
      assert.deepEqual(
        nodes.map(({ id, name, status }) => ({ id, name, status })),
        [{ id: caller.id, name: AMARA.name, status: 'WAITING' }],
      );
    }));

  test('none is about one clinic: each works with the key of any', async () => {
    await server.command(
      ...['clinic', 'add', '--slug', 'south', '--name', 'South', '--room-url-template', 'https://video.example/{room}'],
    );
    const more = { STANDBY_CLINIC: 'south', STANDBY_API_KEY: await server.addKey('REPORTER', { clinic: 'south' }) };
    const { data } = await runForAnswer('who-is-waiting.sh', more);
    assert.equal(data.viewer.clinic.slug, 'south');
    const arrival = { ...more, CALLER_NAME: AMARA.name, IDEMPOTENCY_KEY: randomUUID() };
    const arrived = await runForAnswer('arrive.sh', arrival);
    assert.equal(await run('list_callers.py', more), 'WAITING: 1\n');
    const days = { FROM: '2026-03-01', TO: '2026-03-03' };
    assert.match(await run('report.sh', { ...more, ...days }), /^date,/);
    await new Asker(server, arrived.data.enterWaitingArea.token).accepted('leaveWaitingArea', {});
    for (const name of await readdir(join(ROOT, 'docs/examples'))) {
      const text = await readFile(join(ROOT, 'docs/examples', name), 'utf8');
      assert.doesNotMatch(text, /clinic\(slug|\/clinics\/[a-z]/, name);
    }
  });

  test("README's curl does the same", () =>
    withCaller(async (caller) => {
      const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
      const [command] = readme.match(/^curl .*$/m);
      const line = command.replaceAll('http://127.0.0.1:8080', server.origin);
      const { stdout } = await promisify(execFile)('bash', ['-c', line], { env: variables({ KEY: key }) });
      assert.equal(JSON.parse(stdout).data.clinic.waitingArea.callers.nodes[0].id, caller.id);
    }));

  test('arrive.sh takes one person in, however often it is sent', async () => {
    const more = { CALLER_NAME: AMARA.name, IDEMPOTENCY_KEY: randomUUID() };
    const [one, other] = [await runForAnswer('arrive.sh', more), await runForAnswer('arrive.sh', more)];
    assert.deepEqual(shape(one), shape(answerOf('docs/examples/arrive.sh')));
    assert.deepEqual(one, other);
    const conflict = await runForAnswer('arrive.sh', { ...more, CALLER_NAME: 'Somebody Else' });
    assert.equal(conflict.data.enterWaitingArea.userErrors[0].code, 'CONFLICT');
    await new Asker(server, one.data.enterWaitingArea.token).accepted('leaveWaitingArea', {});
  });

  test('recall.mjs recalls who has been Offline for longest, and says why not', async () => {
    assert.equal(await run('recall.mjs'), 'nobody is Offline\n');
    const callers = [
      await Caller.arrive(server, AMARA),
      await Caller.arrive(server, { name: 'Chen Wei', phone: '+61491570157' }),
    ];
    for (const caller of callers) {
      await caller.verify();
      await caller.report('BACKGROUND');
    }
    assert.match(await run('recall.mjs'), /^recalled; the text is (QUEUED|SENDING|SENT|DELIVERED)\n$/);
    const recalled = 'query ($id: ID!) { node(id: $id) { ... on Caller { recall { id } } } }';
    const [first, second] = await Promise.all(callers.map(({ id }) => new Staff(server, key).ask(recalled, { id })));
    assert.ok(first.node.recall);
    assert.equal(second.node.recall, null);
    // Within 10 seconds it is the same recall.
    assert.match(await run('recall.mjs'), /^recalled; /);
    for (const caller of callers) await caller.accepted('leaveWaitingArea', {});
  });

  test('list_callers.py counts everyone on every page', async () => {
    const staff = new Staff(server, key);
    const counts = async () => {
      const said = await run('list_callers.py');
      return Object.fromEntries(
        said
          .trim()
          .split('\n')
          .map((line) => line.split(': '))
          .map(([status, count]) => [status, Number(count)]),
      );
    };
    const before = await counts();
    // More than a page of 100.
    const callers = [];
    while (callers.length < 101) callers.push(await Caller.arrive(server, { name: `Caller ${callers.length}` }));
    const now = await counts();
    assert.equal(now.WAITING, (before.WAITING ?? 0) + 101);
    assert.equal(now.LEFT, before.LEFT);
    for (const { id } of callers) await staff.cancel(id);
    assert.equal((await counts()).CANCELLED, (before.CANCELLED ?? 0) + 101);
  });

  for (const [name, command, ...parameters] of [
    ['watch.mjs', process.execPath, 'watch.mjs'],
    ['watch.py', 'python3', 'watch.py'],
    ['watch_waiting_area.rs', join(PROGRAMS, 'examples/watch_waiting_area')],
  ]) {
    test(`${name} shows every change once, also over a restart of the server`, async () => {
      assert.ok(
        command === 'python3' || existsSync(command),
        `${command} is not there yet: cargo build --workspace --all-targets`,
      );
      const child = spawn(command, parameters, { cwd: folder, env: variables() });
      const gone = new Promise((resolve) => child.once('close', resolve));
      let [said, complained] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (words) => (said += words));
      child.stderr.setEncoding('utf8').on('data', (words) => (complained += words));
      const seen = () =>
        [...said.matchAll(/^version (\d+): (\d+) Waiting, (\d+) Offline/gm)].map((line) =>
          line.slice(1, 4).map(Number),
        );
      const shows = (waiting, offline) =>
        until(`${name} shows ${waiting} Waiting, ${offline} Offline`, () => {
          const [, ...counts] = seen().at(-1) ?? [];
          return `${counts}` === `${[waiting, offline]}` || child.exitCode !== null;
        }).then(() => assert.equal(child.exitCode, null, complained));
      try {
        await shows(0, 0);
        const caller = await Caller.arrive(server, AMARA);
        await shows(1, 0);
        await new Staff(server, key).accepted('verifyCallerPhone', { callerId: caller.id, phone: AMARA.phone });
        await caller.report('BACKGROUND');
        await shows(0, 1);
        await server.kill();
        await server.startAgain();
        await caller.accepted('leaveWaitingArea', {});
        await shows(0, 0);
        const versions = seen().map(([version]) => version);
        const expected = versions.map((_, place) => versions[0] + place);
        assert.deepEqual(versions, expected, said);
        const { clinic } = await new Staff(server, key).ask('{ clinic(slug: "demo") { waitingArea { version } } }');
        assert.equal(versions.at(-1), clinic.waitingArea.version);
      } finally {
        child.kill();
        await gone;
      }
    });
  }

  test('wait.mjs and attend.mjs are the two sides of a stay, also over a restart of the server', async () => {
    const phone = new DevPhone(server, '+61491570158');
    const waiting = new Waiting({ CALLER_NAME: AMARA.name, CALLER_PHONE: '0491 570 158' });
    try {
      await waiting.says(/^WAITING, place 1; keep this open, or verify a number to step away$/);
      waiting.type('code');
      const code = await phone.code();
      waiting.type(code === '123456' ? '123457' : '123456');
      await waiting.says(/code/);
      waiting.type(code);
      await waiting.says(/^WAITING, place 1; you may set the phone aside$/);
      waiting.type('away');
      await waiting.says(/^OFFLINE, place 1; you may set the phone aside$/);
      await server.kill();
      await server.startAgain();
      waiting.type('back');
      await waiting.says(/^WAITING, place 1; you may set the phone aside$/);

      const id = await whoIsWaiting();
      const attend = (...parameters) => run('attend.mjs', {}, id, ...parameters);
      const room = (await attend('join')).trim();
      assert.match(room, /^http.*\/dev\/room\/room_/);
      assert.equal(await waiting.says(/^BEING_SEEN: /), `BEING_SEEN: ${room}`);
      assert.equal(await attend('hold'), 'ON_HOLD\n');
      await waiting.says(/^ON_HOLD: /);
      assert.equal(await attend('join'), `${room}\n`);
      assert.equal(await attend('complete'), 'COMPLETED\n');
      assert.equal(await waiting.gone, 0, waiting.complained);
      await waiting.says(/^COMPLETED$/);
    } finally {
      await waiting.end();
    }
  });

  test('attend.mjs says why not, and where the caller is instead; wait.mjs says how it ended', async () => {
    const waiting = new Waiting({ CALLER_NAME: AMARA.name, CALLER_PHONE: '0491 570 159' });
    try {
      await waiting.says(/^WAITING, place 1; keep this open, or verify/);
      const id = await whoIsWaiting();
      const attend = (...parameters) => run('attend.mjs', {}, id, ...parameters);
      await assert.rejects(attend('complete'), ({ code, stderr }) => {
        assert.equal(code, 1);
        assert.match(stderr, /^.+\nthe caller is WAITING\n$/);
        return true;
      });
      await assert.rejects(attend('verified', '0491 570 110'), ({ code, stderr }) => {
        assert.equal(code, 1);
        assert.match(stderr, /^phone: /);
        return true;
      });
      assert.equal(await attend('verified', '0491 570 159'), 'WAITING\n');
      await waiting.says(/you may set the phone aside$/);
      await assert.rejects(run('attend.mjs', {}, id, 'wave'), { code: 2 });
      assert.equal(await attend('cancel', 'Please come to the clinic'), 'CANCELLED\n');
      assert.equal(await waiting.gone, 0, waiting.complained);
      await waiting.says(/^CANCELLED_BY_STAFF: Please come to the clinic$/);
    } finally {
      await waiting.end();
    }
  });

  test('wait.mjs says in words why somebody cannot come in, and fails', async () => {
    await assert.rejects(run('wait.mjs', { CALLER_NAME: '', CALLER_PHONE: '' }), ({ code, stdout, stderr }) => {
      assert.deepEqual({ code, stderr }, { code: 1, stderr: '' });
      assert.match(stdout, /name/i);
      return true;
    });
  });

  for (const name of ['recall.mjs', 'list_callers.py', 'watch.mjs', 'watch.py']) {
    test(`${name} says in one line that a key is not good, and fails`, async () => {
      const wrong = run(name, { STANDBY_API_KEY: `${key.slice(0, -4)}AAAA` });
      await assert.rejects(wrong, ({ code, stdout, stderr }) => {
        assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
        assert.match(stderr, /^(4?401 Unauthorized|STANDBY_API_KEY is .+)\n$/);
        return true;
      });
    });
  }

  for (const [name, said] of [
    ['watch.mjs', /^4401 Unauthorized\n$/],
    ['watch.py', /^FORBIDDEN .+\n$/],
  ]) {
    test(`${name} says in one line that its key was revoked, and fails`, async () => {
      const revoked = await server.addKey('REPORTER', { name });
      const child = spawn(INTERPRETERS[name.split('.').at(-1)], [name], {
        cwd: folder,
        env: variables({ STANDBY_API_KEY: revoked }),
      });
      const gone = new Promise((resolve) => child.once('close', resolve));
      let [shown, complained] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (words) => (shown += words));
      child.stderr.setEncoding('utf8').on('data', (words) => (complained += words));
      try {
        await until(`${name} follows`, () => shown !== '' || child.exitCode !== null);
        await server.command('key', 'revoke', '--clinic', 'demo', '--name', name);
        assert.equal(await gone, 1);
        assert.match(complained, said);
      } finally {
        child.kill();
      }
    });
  }

  test('report.sh brings a line a day', async () => {
    const said = await run('report.sh', { FROM: '2026-03-01', TO: '2026-03-03' });
    const [heading, ...days] = said.trim().split('\r\n');
    assert.match(heading, /^date,timeZone,arrived,completed,/);
    assert.deepEqual(
      days.map((day) => day.split(',')[0]),
      ['2026-03-01', '2026-03-02', '2026-03-03'],
    );
  });

  test('report.sh fails without a good key, and says why', async () => {
    const days = { FROM: '2026-03-01', TO: '2026-03-03' };
    const failed = await run('report.sh', { ...days, STANDBY_API_KEY: `${key}x` }).catch((error) => error);
    assert.equal(failed.code, 22);
    assert.match(failed.stdout, /^No such report: [^<]*\n$/);
  });

  test('by-document-id.sh asks for a known operation, as a socket may, and no other is executed', async () => {
    const before = server;
    server = await Server.start({ STANDBY_OPERATIONS: join(folder, 'operations.json') });
    try {
      const more = { STANDBY_API_KEY: await server.addKey('REPORTER') };
      const answer = await runForAnswer('by-document-id.sh', more);
      assert.deepEqual(answer, { data: { viewer: { clinic: { waitingArea: { callers: { nodes: [] } } } } } });
      const [, payload] = page.match(/`client\.iterate\((\{[^`]*documentId[^`]*\})\)`/);
      assert.equal(payload, "{ query: '', documentId: 'who-is-waiting' }");
      const client = createClient({
        url: server.socket,
        webSocketImpl: WebSocket,
        connectionParams: { token: more.STANDBY_API_KEY },
      });
      try {
        const { value } = await client.iterate({ query: '', documentId: 'who-is-waiting' }).next();
        assert.deepEqual(value, answer);
      } finally {
        await client.dispose();
      }
      const other = await runForAnswer('who-is-waiting.sh', more);
      assert.equal(other.errors[0].extensions.code, 'DOCUMENT_NOT_ALLOWED');
    } finally {
      await server.stop();
      server = before;
    }
  });
});

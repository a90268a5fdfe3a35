// Thousands of operations that schemathesis makes of the schema: none makes the server fail.
//
// SEED=… plays a run again.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Caller, Staff, signIn } from './harness/asker.mjs';
import { Server, environment } from '../harness/server.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const PROGRAM = join(HERE, '.venv/bin/schemathesis');
/** Of each kind of viewer, at least. */
const CASES = 2_000;
/** So many that together they stay below what one key may ask. */
const KEYS = 12;

const seed = Number(process.env.SEED ?? randomInt(2 ** 31));

let server;
let operations;
let exists;

before(async () => {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there yet: make tests/conformance/.venv`);
  // Whoever asks says in a header from where.
  server = await Server.start({ STANDBY_TRUSTED_PROXIES: '127.0.0.1' });
  exists = await populate();
  const types = '{ __schema { queryType { fields { name } } mutationType { fields { name } } } }';
  const { queryType, mutationType } = (await new Staff(server).ask(types)).__schema;
  operations = queryType.fields.length + mutationType.fields.length;
});
after(() => server?.stop());

/** A clinic with somebody in each status, and a neighbour. */
async function populate() {
  await server.command(
    'clinic',
    'add',
    '--slug',
    'north',
    '--name',
    'North',
    '--room-url-template',
    'https://video.example/{room}',
  );
  const admin = await signIn(server);
  const staff = new Staff(server, await server.addKey('TEAM_MEMBER'));
  const arrive = (number) => Caller.arrive(server, { name: 'Dalia Haddad', phone: `+6149157${number}` });
  const waiting = await arrive('0006');
  const offline = await arrive('0156');
  await offline.verify();
  await offline.report('BACKGROUND');
  await staff.recall(offline.id);
  const seen = await arrive('0157');
  await staff.join(seen.id);
  const completed = await arrive('0158');
  await staff.join(completed.id);
  await staff.complete(completed.id);
  const cancelled = await arrive('0159');
  await staff.cancel(cancelled.id);
  const { viewer } = await admin.ask('{ viewer { ... on TeamMember { id } } }');
  const people = [waiting, offline, seen, completed, cancelled].map(({ id }) => id);
  return { ids: [await staff.clinicId(), viewer.id, ...people], slugs: ['demo', 'north'] };
}

const keys = async () => {
  const made = Array.from({ length: KEYS }, (_, count) =>
    server.addKey('CLINIC_ADMIN', { name: `Generated ${count}` }),
  );
  return await Promise.all(made);
};

for (const [viewer, tokens] of [
  ['nobody in particular', () => []],
  ['staff with a key', keys],
]) {
  test(`${CASES} generated operations of ${viewer}: no panic, no 5xx, no dropped connection`, async (t) => {
    t.diagnostic(`SEED=${seed}`);
    const said = await schemathesis(await tokens(), Math.ceil(CASES / operations));
    const [, count] = said.match(/^\s*(\d+) generated, \1 passed$/m) ?? [];
    assert.ok(Number(count) >= CASES, `not all of ${CASES} passed:\n${said}`);
    t.diagnostic(`${count} cases of ${operations} fields`);
    assert.doesNotMatch(server.logged, /panicked| ERROR /);
    assert.ok(server.isRunning);
  });
}

/** Runs so many cases for each field of Query and Mutation, and returns what schemathesis says. */
async function schemathesis(tokens, casesOfEach) {
  // It keeps a database of examples where it runs: none, so that the seed alone decides.
  const folder = await mkdtemp(join(tmpdir(), 'standby-schemathesis-'));
  const child = spawn(
    PROGRAM,
    [
      'run',
      server.graphql,
      `--max-examples=${casesOfEach}`,
      `--seed=${seed}`,
      '--phases=fuzzing',
      '--generation-database=none',
      '--checks=not_a_server_error,is_answered_as_the_protocol_says',
      '--continue-on-failure',
      '--workers=2',
      '--request-timeout=10',
      '--no-color',
    ],
    {
      cwd: folder,
      env: {
        ...environment(),
        PYTHONPATH: join(HERE, 'generated'),
        PYTHONDONTWRITEBYTECODE: '1',
        SCHEMATHESIS_HOOKS: 'hooks',
        CONFORMANCE_TOKENS: JSON.stringify(tokens),
        CONFORMANCE_IDS: JSON.stringify(exists.ids),
        CONFORMANCE_SLUGS: JSON.stringify(exists.slugs),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (words) => (said += words));
  const code = await new Promise((resolve) => child.once('close', resolve));
  await rm(folder, { recursive: true, force: true });
  assert.equal(code, 0, said.slice(-8_000));
  return said;
}

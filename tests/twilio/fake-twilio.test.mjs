// What stands in for Twilio must itself be right, and the check of it must be able to fail.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import twilio from 'twilio';

import { until } from '../browser/harness/until.mjs';
import { descriptions } from './fake/description.mjs';
import { segments } from './fake/segments.mjs';
import { FakeTwilio } from './harness.mjs';

const TO = '+61491570006';
const OTHER = '+61491570156';
/** For what needs Twilio's description. */
const described = descriptions().paths ? {} : { skip: "Twilio's description of its API is not here" };

let fake;
let listener;

before(async () => {
  fake = await FakeTwilio.start();
});
after(async () => {
  await fake?.stop();
  await listener?.stop();
});
beforeEach(async () => {
  await fake.post('/reset');
  // A new one for each: a callback of the test before may still be on its way to the old one.
  await listener?.stop();
  listener = await Listener.start();
});

/** Asks as the server would, with nothing between. */
async function ask(method, path, form, { url = fake.apiUrl, token = fake.authToken, ...more } = {}) {
  const answer = await fetch(url + path, {
    method,
    headers: { authorization: `Basic ${Buffer.from(`${fake.accountSid}:${token}`).toString('base64')}` },
    body: form && new URLSearchParams(form),
    signal: AbortSignal.timeout(10_000),
    ...more,
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, body: text.startsWith('{') ? JSON.parse(text) : null };
}

const messages = () => `/2010-04-01/Accounts/${fake.accountSid}/Messages.json`;
const send = (form = {}, more) => ask('POST', messages(), { To: TO, From: fake.from, Body: 'Come back', ...form }, more);
const list = (query = {}) => ask('GET', `${messages()}?${new URLSearchParams({ To: TO, ...query })}`);
const verify = (path, form) =>
  ask(form ? 'POST' : 'GET', `/v2/Services/${fake.verifyServiceSid}/${path}`, form, { url: fake.verifyUrl });
const code = async () => (await fake.get('/verifications')).at(-1).code;
const violations = async () => await fake.get('/violations');
const latest = async () => (await fake.get('/requests')).at(-1);

/** Where callbacks go: notes each, and answers as it is told. */
class Listener {
  static async start(port = 0) {
    const it = new Listener();
    it.reset();
    it.server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      it.heard.push({ path: request.url, headers: request.headers, params: Object.fromEntries(new URLSearchParams(body)) });
      response.writeHead(it.answers).end('heard');
    });
    await new Promise((resolve) => it.server.listen(port, '127.0.0.1', resolve));
    it.port = it.server.address().port;
    it.url = `http://127.0.0.1:${it.port}`;
    return it;
  }

  reset() {
    this.heard = [];
    this.answers = 204;
  }

  statuses() {
    return this.heard.map(({ params }) => params.MessageStatus);
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Twilio's own client, pointed here. */
function client() {
  const hosts = {
    'api.twilio.com': fake.apiUrl,
    'verify.twilio.com': fake.verifyUrl,
    'lookups.twilio.com': fake.lookupsUrl,
  };
  const own = new twilio.RequestClient();
  const httpClient = {
    request(options) {
      const { host, pathname, search } = new URL(options.uri);
      return own.request({ ...options, uri: hosts[host] + pathname + search });
    },
  };
  return twilio(fake.accountSid, fake.authToken, { httpClient });
}

test("a talk with Twilio's own client is as Twilio's description has it", described, async () => {
  assert.equal(fake.checkedByDescription, true);
  const own = client();
  const sent = await own.messages.create({
    to: TO,
    from: fake.from,
    body: 'Grüße & 1 + 1 = 2 €',
    statusCallback: `${listener.url}/status/1?a=b`,
    validityPeriod: 300,
  });
  assert.match(sent.sid, /^SM[0-9a-f]{32}$/);
  const byService = await own.messages.create({ to: OTHER, messagingServiceSid: fake.messagingServiceSid, body: 'x' });
  assert.equal(byService.status, 'accepted');
  await until('it is delivered', async () => (await own.messages(sent.sid).fetch()).status === 'delivered');
  const listed = await own.messages.list({ to: TO, dateSentAfter: new Date(Date.now() - 60_000), limit: 20 });
  assert.deepEqual(listed.map(({ sid, body }) => [sid, body]), [[sent.sid, 'Grüße & 1 + 1 = 2 €']]);
  const line = await own.lookups.v2.phoneNumbers(TO).fetch({ fields: 'line_type_intelligence' });
  assert.equal(line.lineTypeIntelligence.type, 'mobile');
  const service = own.verify.v2.services(fake.verifyServiceSid);
  const verification = await service.verifications.create({ to: TO, channel: 'sms' });
  assert.equal((await service.verificationChecks.create({ to: TO, code: 'wrong' })).status, 'pending');
  assert.equal((await service.verificationChecks.create({ to: TO, code: await code() })).status, 'approved');
  assert.equal((await service.verifications(verification.sid).fetch()).status, 'approved');
  assert.deepEqual(await violations(), []);
  const [message] = await fake.get(`/messages?to=${encodeURIComponent(TO)}`);
  assert.equal(message.validityPeriod, 300);
  assert.deepEqual(message.answered.how, 'answered');
  assert.equal(message.answered.status, 201);
});

test("a request that is not as Twilio's description has it is found, and not taken", described, async () => {
  for (const [act, words] of [
    [() => send({ ValidityPeriod: 'soon' }), /ValidityPeriod must be integer/],
    [() => send({ StatusCallback: '/status/1' }), /StatusCallback must match format "uri"/],
    [() => send({ MessagingServiceSid: 'MG1' }), /MessagingServiceSid must match pattern/],
    [() => list({ PageSize: '1001' }), /pagesize must be <= 1000/],
    [() => list({ DateSent: '2026-11-22' }), /datesent must match format "date-time"/],
    [() => verify('Verifications', { To: TO }), /must have required property 'Channel'/],
    [() => verify('Verifications', { To: TO, Channel: 'sms', TemplateSid: '1' }), /TemplateSid must match pattern/],
    [() => verify('VerificationCheck', { VerificationSid: 'VE1', Code: '1' }), /VerificationSid must match pattern/],
    [() => verify(`Verifications/${TO}`, { Status: 'over' }), /Status must be equal to one of the allowed values/],
    [() => ask('GET', messages().replace('.json', '/SM1.json')), /sid must match pattern/],
  ]) {
    await fake.post('/reset');
    const answer = await act();
    assert.equal(answer.status, 422, String(words));
    const found = await violations();
    assert.ok(found.some((violation) => violation.of === 'request' && words.test(violation.words)), JSON.stringify(found));
    assert.deepEqual(await fake.get('/messages'), []);
    assert.deepEqual(await fake.get('/verifications'), []);
  }
});

test('a wrong type of body is found', described, async () => {
  const basic = Buffer.from(`${fake.accountSid}:${fake.authToken}`).toString('base64');
  const headers = { authorization: `Basic ${basic}`, 'content-type': 'application/json' };
  await fetch(fake.apiUrl + messages(), { method: 'POST', headers, body: JSON.stringify({ To: TO }) });
  assert.match((await violations())[0].words, /Supported content types: application\/x-www-form-urlencoded/);
});

test("an answer of the fake that is not as Twilio's description has it is found", described, async () => {
  for (const [api, field, value, act] of [
    ['messages', 'status', 'quoed', () => send()],
    ['messages', 'sid', 'SM1', () => send()],
    ['message', 'status', 'quoed', async () => {
      const { body } = await send();
      return await ask('GET', messages().replace('.json', `/${body.sid}.json`));
    }],
    ['list', 'page_size', 'fifty', () => list()],
    ['verify', 'channel', 'pigeon', () => verify('Verifications', { To: TO, Channel: 'sms' })],
    ['verification', 'valid', 'yes', async () => {
      await verify('Verifications', { To: TO, Channel: 'sms' });
      return await verify(`Verifications/${TO}`);
    }],
    ['check', 'valid', 'yes', async () => {
      await verify('Verifications', { To: TO, Channel: 'sms' });
      return await verify('VerificationCheck', { To: TO, Code: '1' });
    }],
    ['lookup', 'valid', 'perhaps', () => ask('GET', `/v2/PhoneNumbers/${TO}`, null, { url: fake.lookupsUrl })],
  ]) {
    await fake.post('/reset');
    await fake.post('/garble', { api, field, value });
    assert.equal((await act()).status, 500, `${api} ${field}`);
    const found = await violations();
    assert.ok(found.length > 0 && found.every((violation) => violation.of === 'response'), JSON.stringify(found));
    assert.match(found[0].location, new RegExp(field));
  }
});

test('what the description passes over is found all the same', async () => {
  const empty = await ask('POST', messages());
  assert.equal(empty.body.code, 21604);
  await send({ StatusCallBack: 'https://clinic.example/status' });
  await ask('GET', `${messages()}?To=${TO}`);
  await ask('GET', '/2010-04-01/Messages');
  const found = (await violations()).map(({ location }) => location);
  assert.deepEqual(found, ['parameter To', 'parameter StatusCallBack', 'parameter To', 'path']);
});

test('in a bare clone without the description it says so, and serves unchecked', async () => {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const folder = await mkdtemp(join(tmpdir(), 'fake-twilio-'));
  try {
    const tests = join(folder, 'repository', 'tests');
    await cp(here, join(tests, 'twilio'), { recursive: true });
    await symlink(join(here, '..', 'node_modules'), join(tests, 'node_modules'));
    const program = join(tests, 'twilio', 'fake-twilio.mjs');
    const bare = await FakeTwilio.start({ program, env: { TWILIO_OPENAPI_DIR: undefined } });
    assert.equal(bare.checkedByDescription, false);
    assert.equal((await bare.get('/state')).checkedByDescription, false);
    assert.match(bare.complained, /nothing is checked by it/);
    await bare.stop();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a place of the description that is named wrongly is an error, and not a check that is left out', async () => {
  for (const TWILIO_OPENAPI_DIR of ['', '/nowhere']) {
    const start = FakeTwilio.start({ env: { TWILIO_OPENAPI_DIR } });
    await assert.rejects(start, /TWILIO_OPENAPI_DIR is '.*', and there is no .*twilio_api_v2010\.json/);
    const unchecked = await FakeTwilio.start({ args: ['--unchecked'], env: { TWILIO_OPENAPI_DIR } });
    assert.equal(unchecked.checkedByDescription, false);
    await unchecked.stop();
  }
});

for (const [how, end] of [
  ['its standard input closes', (another) => another.stop()],
  ['it is killed', (another) => process.kill(another.processId, 'SIGKILL') && another.exited],
]) {
  test(`it ends when ${how}, and so do its prisms`, described, async () => {
    const another = await FakeTwilio.start();
    const { prismProcessIds } = await another.get('/state');
    assert.equal(prismProcessIds.length, 3);
    assert.ok(prismProcessIds.every(isRunning));
    await end(another);
    await assert.rejects(fetch(another.controlUrl));
    await assert.rejects(fetch(another.apiUrl));
    await until('its prisms have ended', () => !prismProcessIds.some(isRunning));
  });
}

/** Whether a process runs. One that has ended and that nobody has asked about since does not. */
function isRunning(id) {
  try {
    process.kill(id, 0);
    if (process.platform !== 'linux') return true;
    const status = readFileSync(`/proc/${id}/stat`, 'utf8');
    return status.slice(status.lastIndexOf(')') + 2)[0] !== 'Z';
  } catch {
    return false;
  }
}

test('a wrong token is refused as Twilio refuses it', async () => {
  const answer = await send({}, { token: 'wrong' });
  assert.equal(answer.status, 401);
  assert.equal(answer.body.code, 20003);
  assert.deepEqual(await fake.get('/messages'), []);
});

for (const fault of ['hang', 'reset', '429', '500', '503']) {
  test(`a wrong request is found also where fault ${fault} keeps it from the account`, described, async () => {
    const wrong = async (form, words) => {
      await fake.post('/reset');
      await fake.post('/faults', { fault, milliseconds: 10 });
      await send(form).catch(() => {});
      const found = await violations();
      assert.ok(found.some((violation) => violation.of === 'request' && words.test(violation.words)), JSON.stringify(found));
      assert.deepEqual(await fake.get('/messages'), []);
    };
    // By the description, and by what it passes over.
    await wrong({ ValidityPeriod: 'soon' }, /ValidityPeriod must be integer/);
    await wrong({ StatusCallBack: 'https://clinic.example/status' }, /no such parameter/);
  });
}

test('what a fault keeps from the account is looked at, and changes nothing', async () => {
  const faulty = async (act) => {
    await fake.post('/faults', { fault: '500' });
    assert.equal((await act()).status, 500);
  };
  const start = () => verify('Verifications', { To: TO, Channel: 'sms' });
  await faulty(() => send());
  assert.deepEqual(await fake.get('/messages'), []);
  await faulty(start);
  assert.deepEqual(await fake.get('/verifications'), []);
  await start();
  await faulty(start);
  await faulty(async () => verify('VerificationCheck', { To: TO, Code: await code() }));
  await faulty(() => verify('VerificationCheck', { To: TO, Code: 'wrong' }));
  await faulty(() => verify(`Verifications/${TO}`, { Status: 'canceled' }));
  const [{ status, sends, wrongChecks }] = await fake.get('/verifications');
  assert.deepEqual([status, sends.length, wrongChecks], ['pending', 1, 0]);
  assert.deepEqual(await violations(), []);
});

// Name of the fault, whether the message is taken, and what the client sees.
for (const [fault, taken, seen] of [
  ['reset', false, 'nothing'],
  ['accept-then-reset', true, 'nothing'],
  ['hang', false, 'nothing'],
  ['accept-then-hang', true, 'nothing'],
  ['accept-then-half', true, 'nothing'],
  ['429', false, 429],
  ['500', false, 500],
  ['accept-then-500', true, 500],
  ['503', false, 503],
  ['accept-then-503', true, 503],
  ['accept-then-garbage', true, 200],
  ['slow', true, 201],
  ['late', true, 201],
]) {
  test(`fault ${fault}: ${taken ? 'taken' : 'not taken'}, and the client sees ${seen}`, async () => {
    await fake.post('/faults', { api: 'messages', fault, milliseconds: 150 });
    const begin = performance.now();
    const answer = await send().catch(() => ({ status: 'nothing' }));
    assert.equal(answer.status, seen);
    if (/hang|slow|late/.test(fault)) assert.ok(performance.now() - begin > 140);
    if (fault === 'accept-then-garbage') assert.throws(() => JSON.parse(answer.text));
    if (answer.status >= 400) assert.equal(typeof answer.body.code, 'number');
    const kept = await fake.get('/messages');
    assert.equal(kept.length, taken ? 1 : 0);
    const noted = await until('it is noted', async () => {
      const request = await latest();
      return request.answered && request;
    });
    assert.equal(noted.fault, fault);
    const how = fault.match(/hang|reset|garbage|half/)?.[0] ?? 'answered';
    assert.equal(noted.answered.how, how);
    // It was for one request only.
    assert.equal((await send()).status, 201);
    assert.deepEqual(await violations(), []);
  });
}

test('a client that gives up is noted, and what it sent whole is taken', async () => {
  await fake.post('/faults', { fault: 'slow', milliseconds: 5000 });
  await assert.rejects(send({}, { signal: AbortSignal.timeout(300) }));
  const noted = await until('it is noted', async () => (await latest()).answered);
  assert.equal(noted.how, 'gone');
  await until('it is taken', async () => (await fake.get('/messages')).length === 1);
});

test('a message can be taken after the client has given up, and not after a reset', async () => {
  await fake.post('/faults', { fault: 'late', milliseconds: 3000, count: 2 });
  await assert.rejects(send({}, { signal: AbortSignal.timeout(500) }));
  assert.deepEqual(await fake.get('/messages'), []);
  await until('it is taken', async () => (await fake.get('/messages')).length === 1);
  const waiting = assert.rejects(send());
  await until('it has come', async () => (await fake.get('/requests')).length === 2);
  await fake.post('/reset');
  await waiting;
  assert.deepEqual(await fake.get('/messages'), []);
});

test('a fault can wait its turn, keep to a number, and bear a Retry-After', async () => {
  await fake.post('/faults', [{ fault: '429', letPass: 1, count: 2, to: TO, retryAfter: 7 }]);
  const seen = [];
  for (let turn = 0; turn < 4; turn += 1) {
    assert.equal((await send({ To: OTHER })).status, 201);
    const { status, headers } = await send();
    seen.push([status, headers.get('retry-after')]);
  }
  assert.deepEqual(seen, [[201, null], [429, '7'], [429, '7'], [201, null]]);
});

test('faults by chance are the same again for the same seed', async () => {
  const run = async (seed) => {
    await fake.post('/reset');
    await fake.post('/faults', { faults: ['429', '500', 'accept-then-503'], probability: 0.5, seed });
    const seen = [];
    for (let turn = 0; turn < 24; turn += 1) seen.push((await send()).status);
    return seen.join(' ');
  };
  const first = await run(1);
  assert.equal(await run(1), first);
  assert.notEqual(await run(2), first);
  for (const status of ['201', '429', '500', '503']) assert.match(first, new RegExp(status));
});

test('an order that makes no sense is refused', async () => {
  for (const [path, order] of [
    ['/faults', { fault: 'explode' }],
    ['/faults', { fault: 'hang', api: 'mesages' }],
    ['/faults', { fault: 'hang', cuont: 2 }],
    ['/settings', { listLag: 5 }],
    ['/plan', { steps: [{ status: 'arrived' }] }],
    ['/lines', { to: TO, type: 'moblie' }],
  ]) {
    await assert.rejects(fake.post(path, order), undefined, JSON.stringify(order));
  }
});

test('the list lags: a message is not in it at first, but can be fetched', async () => {
  const lag = 400;
  await fake.post('/settings', { listLagMs: lag });
  const { body } = await send();
  const [{ at }] = await fake.get('/messages');
  const fetched = await ask('GET', messages().replace('.json', `/${body.sid}.json`));
  assert.equal(fetched.body.sid, body.sid);
  // However slow this machine is: it is there if its time had come when it was asked for, and not if it has not come yet.
  const listed = await until('it is listed', async () => {
    const asked = Date.now();
    const [message] = (await list()).body.messages;
    if (message) assert.ok(Date.now() - at >= lag, 'not listed before');
    else assert.ok(asked - at < lag, 'listed after that');
    return message;
  });
  assert.equal(listed.sid, body.sid);
});

test('the list has pages, newest first, and only what was asked for', async () => {
  for (let number = 1; number <= 5; number += 1) await send({ Body: `${number}` });
  await send({ To: OTHER });
  const seen = [];
  let path = `${messages()}?${new URLSearchParams({ To: TO, PageSize: 2 })}`;
  while (path) {
    const { body } = await ask('GET', path);
    assert.ok(body.messages.length <= 2);
    seen.push(...body.messages.map((message) => message.body));
    // Twilio's addresses of pages have no host.
    path = body.next_page_uri;
  }
  assert.deepEqual(seen, ['5', '4', '3', '2', '1']);
  await until('they are sent', async () => (await list({ 'DateSent>': '2020-01-01T00:00:00Z' })).body.messages.length === 5);
  assert.deepEqual((await list({ 'DateSent>': '2120-01-01T00:00:00Z' })).body.messages, []);
  assert.deepEqual((await list({ 'DateSent<': '2020-01-01T00:00:00Z' })).body.messages, []);
  assert.deepEqual(await violations(), []);
});

test('a number is refused with the code that is set for it, in words of Twilio, and nothing is taken', async () => {
  for (const code of [21211, 21610, 21614, 21635]) await refusedWith('messages', code, 400, () => send());
  for (const [code, status] of [[60200, 400], [60203, 429], [60410, 403]]) {
    await refusedWith('verify', code, status, () => verify('Verifications', { To: TO, Channel: 'sms' }));
  }
  assert.deepEqual(await violations(), []);

  async function refusedWith(api, code, status, act) {
    await fake.delete('/refusals');
    await fake.post('/refusals', { api, to: TO, code });
    const answer = await act();
    assert.deepEqual([answer.status, answer.body.code, answer.body.status], [status, code, status]);
    assert.equal(answer.body.more_info, `https://www.twilio.com/docs/errors/${code}`);
    assert.ok(answer.body.message);
    assert.deepEqual(await fake.get('/messages'), []);
    assert.deepEqual(await fake.get('/verifications'), []);
  }
});

test('what Twilio refuses by itself is refused', async () => {
  for (const [form, code] of [
    [{ To: '0491570006' }, 21211],
    [{ Body: '' }, 21602],
    [{ Body: 'x'.repeat(1601) }, 21617],
    [{ From: '+15005550001' }, 21606],
  ]) {
    assert.equal((await send(form)).body.code, code);
  }
  assert.deepEqual(await fake.get('/messages'), []);
});

test('callbacks are signed so that Twilio’s own library accepts them, and no other URL, parameter or token', async () => {
  const url = `${listener.url}/twilio/status/abc?row=1&x=%20y`;
  await send({ StatusCallback: url });
  await until('both come', () => listener.heard.length === 2);
  assert.deepEqual(listener.statuses(), ['sent', 'delivered']);
  for (const { headers, params } of listener.heard) {
    const signature = headers['x-twilio-signature'];
    assert.ok(twilio.validateRequest(fake.authToken, signature, url, params));
    assert.ok(!twilio.validateRequest(fake.authToken, signature, `${url}1`, params));
    assert.ok(!twilio.validateRequest(fake.authToken, signature, url, { ...params, MessageStatus: 'failed' }));
    assert.ok(!twilio.validateRequest('another', signature, url, params));
    for (const name of ['MessageSid', 'SmsSid', 'SmsStatus', 'AccountSid', 'To', 'From', 'ApiVersion']) {
      assert.ok(params[name]);
    }
  }
  const callbacks = await until('both are noted', async () => {
    const noted = await fake.get('/callbacks');
    return noted.every(({ answered }) => answered === 204) && noted;
  });
  assert.ok(callbacks.every(({ milliseconds }) => milliseconds >= 0));
});

test('callbacks connect elsewhere than to the host they are signed for, as through a proxy', async () => {
  const url = 'https://clinic.example/twilio/status/abc?row=1';
  await fake.post('/settings', { connectTo: { origin: listener.url, headers: { 'X-Forwarded-Proto': 'https' } } });
  await send({ StatusCallback: url });
  const { path, headers, params } = await until('one comes', () => listener.heard[0]);
  assert.equal(path, '/twilio/status/abc?row=1');
  assert.equal(headers.host, 'clinic.example');
  assert.equal(headers['x-forwarded-proto'], 'https');
  assert.ok(twilio.validateRequest(fake.authToken, headers['x-twilio-signature'], url, params));
});

test('callbacks come in the order, number and delay that is planned', async () => {
  await fake.post('/plan', {
    to: TO,
    steps: [
      { status: 'sent', afterMs: 120 },
      { status: 'undelivered', errorCode: 30003, afterMs: 40, times: 2 },
      { status: 'queued', afterMs: 0 },
      { status: 'sending', afterMs: 60, callback: false },
    ],
  });
  const { body } = await send({ StatusCallback: `${listener.url}/status` });
  await until('all come', () => listener.heard.length === 4);
  assert.deepEqual(listener.statuses(), ['queued', 'undelivered', 'undelivered', 'sent']);
  assert.equal(listener.heard[1].params.ErrorCode, '30003');
  // The message itself never goes back.
  const [message] = await fake.get('/messages');
  assert.deepEqual([message.status, message.errorCode], ['undelivered', 30003]);

  await fake.post('/plan', { steps: [{ status: 'delivered', callback: false }] });
  await send({ To: OTHER, StatusCallback: `${listener.url}/status` });
  await until('it is delivered', async () => (await fake.get('/messages')).at(-1).status === 'delivered');
  assert.equal(listener.heard.length, 4);

  const told = await fake.post('/callback', { sid: body.sid, status: 'failed', errorCode: 30008 });
  assert.equal(told.answered, 204);
  assert.equal(listener.heard.at(-1).params.ErrorCode, '30008');
});

test('callbacks by chance are shuffled, doubled and lost, the same again for the same seed', async () => {
  const run = async (seed) => {
    await fake.post('/reset');
    listener.reset();
    await fake.post('/plan', {
      steps: ['queued', 'sending', 'sent', 'delivered'].map((status) => ({ status })),
      chance: { seed, withinMs: 120, doubled: 0.5, lost: 0.2 },
    });
    await send({ StatusCallback: `${listener.url}/status` });
    await until('all have come', async () => (await fake.get('/due')).callbacks === 0);
    return listener.statuses().join(' ');
  };
  const first = await run(5);
  assert.equal(await run(5), first);
  assert.notEqual(await run(6), first);
});

test('a callback to a server that is down is tried again where that is asked for, and else is not', async () => {
  const down = await Listener.start();
  const { port } = down;
  await down.stop();
  const StatusCallback = `http://127.0.0.1:${port}/status`;
  await fake.post('/plan', { steps: [{ status: 'sent' }] });
  await send({ StatusCallback });
  const lost = await until('it is given up', async () => (await fake.get('/callbacks')).find(({ error }) => error));
  assert.deepEqual([lost.error, lost.tries, lost.answered], ['ECONNREFUSED', 1, null]);

  await fake.post('/settings', { callbackRetryForMs: 10_000 });
  await send({ StatusCallback });
  await until('it is tried again', async () => (await fake.get('/callbacks')).at(-1).tries > 2);
  const up = await Listener.start(port);
  await until('it comes', () => up.heard.length === 1);
  await up.stop();
});

test('an inbound message is signed, and STOP stops', async () => {
  const url = `${listener.url}/twilio/inbound`;
  const answered = await fake.post('/inbound', { url, from: TO, body: 'STOP', optOutType: 'STOP' });
  assert.equal(answered.answered, 204);
  const [{ headers, params }] = listener.heard;
  assert.ok(twilio.validateRequest(fake.authToken, headers['x-twilio-signature'], url, params));
  assert.deepEqual([params.From, params.To, params.Body, params.OptOutType], [TO, fake.from, 'STOP', 'STOP']);
  assert.equal((await send()).body.code, 21610);
  await fake.post('/inbound', { url, from: TO, body: 'START', optOutType: 'START' });
  assert.equal((await send()).status, 201);
});

test('it signs for tests what Twilio’s own library accepts', async () => {
  const params = { MessageSid: 'SM1', MessageStatus: 'sent' };
  const { signature } = await fake.post('/sign', { url: 'https://clinic.example/x', params });
  assert.ok(twilio.validateRequest(fake.authToken, signature, 'https://clinic.example/x', params));
});

test('a verification is pending until its code is entered, and then is over', async () => {
  assert.equal((await verify('VerificationCheck', { To: TO, Code: '1' })).status, 404);
  const { status, body } = await verify('Verifications', { To: TO, Channel: 'sms' });
  assert.deepEqual([status, body.status], [201, 'pending']);
  // A new one within its time sends the same code again.
  const secret = await code();
  assert.equal((await verify('Verifications', { To: TO, Channel: 'sms' })).body.sid, body.sid);
  assert.equal(await code(), secret);
  assert.equal((await verify(`Verifications/${TO}`)).body.sid, body.sid);
  assert.equal((await verify('VerificationCheck', { VerificationSid: body.sid, Code: secret })).body.valid, true);
  assert.equal((await verify('VerificationCheck', { To: TO, Code: secret })).status, 404);
  assert.equal((await verify(`Verifications/${TO}`)).status, 404);
  assert.equal((await verify(`Verifications/${body.sid}`)).body.status, 'approved');
  assert.deepEqual(await violations(), []);
});

test('after five wrong checks and five sends it is refused, and a verification expires', async () => {
  const start = () => verify('Verifications', { To: TO, Channel: 'sms' });
  for (let turn = 0; turn < 5; turn += 1) assert.equal((await start()).status, 201);
  assert.deepEqual([(await start()).status, (await start()).body.code], [429, 60203]);
  for (let turn = 0; turn < 5; turn += 1) {
    assert.equal((await verify('VerificationCheck', { To: TO, Code: 'x' })).body.status, 'pending');
  }
  // Even the right code: it is no longer looked at.
  assert.equal((await verify('VerificationCheck', { To: TO, Code: await code() })).body.code, 60202);
  await fake.post('/settings', { verificationMs: 1 });
  assert.equal((await verify('VerificationCheck', { To: TO, Code: await code() })).status, 404);
  assert.deepEqual(await violations(), []);
});

test('the kind of a line is what was set, with the nulls that Twilio really sends', async () => {
  const look = async (number, fields = '?Fields=line_type_intelligence') =>
    (await ask('GET', `/v2/PhoneNumbers/${number}${fields}`, null, { url: fake.lookupsUrl })).body;
  await fake.post('/lines', { to: TO, type: 'landline', carrier: 'Fake Lines' });
  const { line_type_intelligence: line, caller_name: name, valid } = await look(encodeURIComponent(TO));
  assert.deepEqual([line.type, line.carrier_name, valid], ['landline', 'Fake Lines', true]);
  assert.deepEqual([line.error_code, name], [null, null]);
  assert.equal((await look(OTHER)).line_type_intelligence.type, 'mobile');
  assert.equal((await look(TO, '')).line_type_intelligence, null);
  await fake.post('/lines', { to: OTHER, type: null });
  assert.equal((await look(OTHER)).line_type_intelligence.error_code, 60601);
  assert.equal((await look('+0')).valid, false);
  assert.deepEqual(await violations(), []);
});

test('segments are counted as they are billed', () => {
  for (const [text, encoding, count] of [
    ['x'.repeat(160), 'GSM-7', 1],
    ['x'.repeat(161), 'GSM-7', 2],
    ['€'.repeat(80), 'GSM-7', 1],
    ['€'.repeat(81), 'GSM-7', 2],
    // 153 places hold 76 of two places each: the last place of each segment stays empty.
    ['€'.repeat(153), 'GSM-7', 3],
    ['ş'.repeat(70), 'UCS-2', 1],
    ['ş'.repeat(71), 'UCS-2', 2],
    ['😀'.repeat(35), 'UCS-2', 1],
    ['😀'.repeat(67), 'UCS-2', 3],
  ]) {
    assert.deepEqual([segments(text).encoding, segments(text).segments], [encoding, count], text.slice(0, 2));
  }
});

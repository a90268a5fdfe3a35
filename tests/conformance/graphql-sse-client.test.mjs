// The npm client of graphql-sse in its distinct connections mode, as it is, against a real server.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { createClient } from 'graphql-sse';

import { Staff, signIn } from './harness/asker.mjs';
import { playTheStory, whatMayNotBeFollowedIsRefused } from './harness/story.mjs';
import { Server } from '../harness/server.mjs';

const server = await Server.start();
after(() => server.stop());

/** One connection for each thing that the bearer of a token asks. */
const opener = (url) => (token) =>
  createClient({
    url,
    headers: token ? { authorization: `Bearer ${token}` } : {},
    retryAttempts: Infinity,
    retry: () => new Promise((resolve) => setTimeout(resolve, 50)),
  });
const open = opener(server.stream);

test('a stay is played over graphql-sse, and a restart loses nothing and doubles nothing', () =>
  playTheStory(server, open));

test('what may not be followed is refused as data', () => whatMayNotBeFollowedIsRefused(server, open));

test('/graphql itself streams to whoever accepts text/event-stream', async () => {
  const client = opener(server.graphql)(await server.addKey('REPORTER'));
  const query = 'query { viewer { __typename } }';
  const results = [];
  for await (const result of client.iterate({ query })) results.push(result);
  client.dispose();
  assert.deepEqual(results, [{ data: { viewer: { __typename: 'ApiClient' } } }]);
});

/** Asks for a stream by hand, and returns the response as it begins. */
async function streamed(body, { token, method = 'POST', headers = {}, path = server.stream } = {}) {
  return await fetch(path, {
    method,
    headers: {
      accept: 'text/event-stream',
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });
}

/** The events of a stream to its end: `[name, data]` each, without comments. */
async function events(response) {
  const text = await response.text();
  return text
    .split('\n\n')
    .map((event) => [event.match(/^event: ?(.*)$/m)?.[1], event.match(/^data: ?(.*)$/m)?.[1]])
    .filter(([name]) => name);
}

const VIEWER = { query: '{ viewer { __typename } }' };

test('the stream is as the protocol has it: next, then complete, and nothing keeps it back on its way', async () => {
  const response = await streamed(VIEWER);
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type'), /^text\/event-stream(; charset=utf-8)?$/);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.deepEqual(await events(response), [
    ['next', '{"data":{"viewer":{"__typename":"Anonymous"}}}'],
    ['complete', ''],
  ]);
});

test('what is wrong with a document is an answer of its own', async () => {
  for (const query of ['{ nobody }', '{ viewer {', 'subscription { a: myCaller { id } b: myCaller { id } }']) {
    const [next, complete, ...more] = await events(await streamed({ query }));
    assert.equal(next[0], 'next');
    assert.ok(JSON.parse(next[1]).errors.length > 0);
    assert.deepEqual([complete, more], [['complete', ''], []]);
  }
});

test('what is wrong with a request is a status, and no stream begins', async () => {
  const query = encodeURIComponent('mutation { signOut(input: {}) { signedOut } }');
  for (const [status, response] of [
    [401, await streamed(VIEWER, { token: 'not-good' })],
    [403, await streamed(VIEWER, { headers: { origin: 'https://evil.example' } })],
    [405, await streamed(undefined, { method: 'PUT' })],
    [405, await streamed(undefined, { method: 'GET', path: `${server.stream}?query=${query}` })],
    [406, await streamed(VIEWER, { headers: { accept: 'text/html' } })],
    [415, await streamed(VIEWER, { headers: { 'content-type': 'text/plain' } })],
    [400, await streamed([VIEWER])],
    [413, await streamed({ query: `{ viewer { __typename } } #${'x'.repeat(65_536)}` })],
  ]) {
    assert.equal(response.status, status);
    assert.match(response.headers.get('content-type'), /json/, `${status}`);
    assert.ok((await response.json()).errors[0].extensions.code);
  }
});

test('a stream says something every 10 s, so that nobody takes it for dead', async () => {
  const key = await server.addKey('REPORTER');
  const clinic = await new Staff(server, key).clinicId();
  const query = 'subscription ($clinic: ID!) { waitingAreaChanged(clinicId: $clinic) { __typename } }';
  const asked = performance.now();
  const response = await streamed({ query, variables: { clinic } }, { token: key });
  let said = '';
  let heard;
  for await (const bytes of response.body) {
    said += new TextDecoder().decode(bytes);
    heard = /event: next[^]*\n:/.test(said);
    if (heard) break;
  }
  const took = performance.now() - asked;
  assert.ok(heard, 'the stream ended of itself');
  assert.ok(took > 9_000 && took < 15_000, `it took ${took} ms`);
});

test('a stream whose key is revoked says so and ends within 5 s', async () => {
  const admin = await signIn(server);
  const clinicId = await admin.clinicId();
  const input = { clinicId, name: 'Revoked soon', role: 'REPORTER' };
  const { token, apiClient } = await admin.accepted('addApiClient', input, 'token apiClient { id }');
  const query = 'subscription ($clinic: ID!) { waitingAreaChanged(clinicId: $clinic) { __typename } }';
  const response = await streamed({ query, variables: { clinic: clinicId } }, { token });
  assert.equal(response.status, 200);
  await admin.accepted('revokeApiClient', { apiClientId: apiClient.id });
  const revoked = performance.now();
  const said = await events(response);
  assert.ok(performance.now() - revoked < 5_000, `it took ${performance.now() - revoked} ms`);
  assert.equal(JSON.parse(said.at(-2)[1]).errors[0].extensions.code, 'FORBIDDEN');
  assert.deepEqual(said.at(-1), ['complete', '']);
});

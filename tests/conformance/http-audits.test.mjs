// GraphQL over HTTP: every audit that graphql-http has, against a real server.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { serverAudits } from 'graphql-http';

import { Server } from '../harness/server.mjs';

/** How many there are in the version of graphql-http that package.json names. */
const AUDITS = 61;

const server = await Server.start();
after(() => server.stop());

const audits = serverAudits({ url: server.graphql });
let passed = 0;

test(`graphql-http has ${AUDITS} audits`, () => assert.equal(audits.length, AUDITS));

for (const audit of audits) {
  test(`${audit.id}: ${audit.name}`, async () => {
    const result = await audit.fn();
    // A `notice` or a `warn` is an audit that did not pass: what a server may or should do counts too.
    assert.equal(result.status, 'ok', result.reason);
    passed += 1;
  });
}

test('every audit passes', (context) => {
  context.diagnostic(`${passed}/${AUDITS} audits passed`);
  assert.equal(passed, AUDITS);
});

test('no audit makes the server panic', () => assert.doesNotMatch(server.logged, /panicked/));

// The API keeps its promise: nothing that a client of the last release relies on is gone or different.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { ROOT } from '../harness/server.mjs';
import { compare } from './schema-diff.mjs';

const read = (name) => readFileSync(join(ROOT, name), 'utf8');
const released = read('released/schema.graphql');

/** The released schema once this is done to it. */
function changed(from, to) {
  assert.ok(released.includes(from), `the released schema has no: ${from}`);
  return released.replace(from, to);
}

test('nothing in the schema breaks a client of the last release', async (t) => {
  const { breaking, dangerous, safe } = await compare(released, read('schema.graphql'));
  for (const change of dangerous) t.diagnostic(`dangerous: ${change}`);
  t.diagnostic(`${dangerous.length} dangerous, ${safe.length} safe changes`);
  assert.deepEqual(breaking, []);
});

const TEXTS_STOPPED = 'textsStopped: Boolean!';
const WITH_DESCRIPTION = released.match(/ *"[^"]*"\n  textsStopped: Boolean!\n/)?.[0];

for (const [what, from, to, message] of [
  ['a field that is removed', WITH_DESCRIPTION, '', /'textsStopped' was removed/],
  [
    'a value that is removed',
    '  "The SMS provider cannot be used just now."\n  PROVIDER_UNAVAILABLE\n',
    '',
    /'PROVIDER_UNAVAILABLE' was removed/,
  ],
  ['a command that is renamed', '  recallCaller(', '  callBack(', /'recallCaller' was removed/],
  [
    'a member that leaves a union',
    'union Viewer = Anonymous | CallerSession |',
    'union Viewer = Anonymous |',
    /'CallerSession' was removed/,
  ],
  [
    'an interface that is no longer implemented',
    'type ApiClient implements Node',
    'type ApiClient',
    /no longer implements/,
  ],
  ['another type of a field', TEXTS_STOPPED, 'textsStopped: String!', /changed type from 'Boolean!' to 'String!'/],
  ['a field that may be null now', TEXTS_STOPPED, 'textsStopped: Boolean', /changed type from 'Boolean!' to 'Boolean'/],
  ['another type of an argument', 'afterVersion: Int\n', 'afterVersion: String\n', /afterVersion/],
  [
    'a new argument that is required',
    '  activity(\n',
    '  activity(\n    since: DateTime!\n',
    /Argument 'since: DateTime!' added/,
  ],
  ['an argument that is required now', 'afterVersion: Int\n', 'afterVersion: Int!\n', /afterVersion/],
  [
    'a new input field that is required',
    'input HoldCallerInput {',
    'input HoldCallerInput {\n  why: String!',
    /'why'.* was added/,
  ],
]) {
  test(`${what} breaks clients`, async () => {
    const { breaking } = await compare(released, changed(from, to));
    assert.equal(breaking.length, 1, breaking.join('\n'));
    assert.match(breaking[0], message);
  });
}

for (const [what, from, to, level] of [
  ['a new field', '  textsStopped:', '  mood: String\n  textsStopped:', 'safe'],
  [
    'a new type and a command of its own',
    '\ntype Mutation {',
    '\ntype NudgePayload {\n  done: Boolean!\n}\ntype Mutation {\n  nudge: NudgePayload',
    'safe',
  ],
  [
    'a new input field that may be left out',
    'input HoldCallerInput {',
    'input HoldCallerInput {\n  why: String',
    'safe',
  ],
  ['a new argument that may be left out', '  activity(\n', '  activity(\n    since: DateTime\n', 'dangerous'],
  ['a new value', '  PROVIDER_UNAVAILABLE\n', '  PROVIDER_UNAVAILABLE\n  QUOTA\n', 'dangerous'],
  ['a new member of a union', 'union Viewer = Anonymous |', 'union Viewer = Anonymous | Clinic |', 'dangerous'],
  [
    'a deprecation',
    TEXTS_STOPPED,
    `${TEXTS_STOPPED} @deprecated(reason: "Use \`texts\`. Stays until at least 2030-01-31.")`,
    'safe',
  ],
  ['another description', '"When it happened."', '"When this happened."', 'safe'],
]) {
  test(`${what} breaks nobody, and is told of as ${level}`, async () => {
    const found = await compare(released, changed(from, to));
    assert.deepEqual(found.breaking, []);
    assert.ok(found[level].length > 0, JSON.stringify(found));
  });
}

test('what is deprecated may go once its promised day is over, and not before', async () => {
  const deprecated = changed(
    TEXTS_STOPPED,
    `${TEXTS_STOPPED} @deprecated(reason: "Use \`texts\`. Stays until at least 2030-01-31.")`,
  );
  const removed = changed(WITH_DESCRIPTION, '');
  const on = async (day) => (await compare(deprecated, removed, new Date(day))).breaking.length;
  assert.equal(await on('2030-01-31T12:00:00Z'), 1);
  assert.equal(await on('2030-02-01T00:00:01Z'), 0);
  assert.equal((await compare(released, removed, new Date('2099-01-01'))).breaking.length, 1);
});

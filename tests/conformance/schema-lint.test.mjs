// schema.graphql reads as one expects of a GraphQL API: described throughout, named by convention, paged as Relay does.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { ESLint } from 'eslint';
import { GraphQLNonNull, buildSchema, isInterfaceType, isObjectType } from 'graphql';

import { ROOT } from '../harness/server.mjs';
import config from './schema-lint.config.mjs';

const FILE = join(ROOT, 'schema.graphql');
const text = readFileSync(FILE, 'utf8');
const schema = buildSchema(text);

/** What is wrong with a schema, as `line: rule: message`. */
async function faults(folder, file) {
  const linter = new ESLint({ cwd: folder, overrideConfigFile: true, overrideConfig: config(join(folder, file)) });
  const [{ messages }] = await linter.lintFiles([file]);
  return messages.map(({ line, ruleId, message }) => `${line}: ${ruleId?.replace('@graphql-eslint/', '')}: ${message}`);
}

/** What is wrong with our schema once this is done to it. */
async function faultsWith(from, to) {
  assert.ok(text.includes(from), `the schema has no longer: ${from}`);
  const folder = await mkdtemp(join(tmpdir(), 'standby-lint-'));
  await writeFile(join(folder, 'schema.graphql'), text.replace(from, to));
  const found = await faults(folder, 'schema.graphql');
  await rm(folder, { recursive: true });
  return found;
}

test('the schema is clean', async () => {
  const found = await faults(ROOT, 'schema.graphql');
  assert.equal(found.length, 0, found.join('\n'));
});

for (const [what, rule, from, to] of [
  ['a field without a description', 'require-description', '"What is asked, in the clinic\'s words."', ''],
  ['a value without a description', 'require-description', '"Being handed to the SMS provider."', ''],
  [
    'an argument without a description',
    'require-description',
    '"What follows `/c/` in the clinic link."\n    slug',
    'slug',
  ],
  [
    'an input that is named otherwise than its mutation',
    'input-name',
    'input: HoldCallerInput!',
    'input: JoinCallerInput!',
  ],
  ['a field in snake case', 'naming-convention', 'maySetPhoneAside: Boolean!', 'may_set_phone_aside: Boolean!'],
  ['a value in lower case', 'naming-convention', 'LATER\n', 'later\n'],
  [
    'a type that nothing leads to',
    'no-unreachable-types',
    '\nschema {',
    '\n"Nobody\'s."\ntype Nobody {\n"Which."\nid: ID!\n}\nschema {',
  ],
  ['an edge without a cursor', 'relay-edge-types', 'cursor: String!\n', 'position: String!\n'],
  [
    'something deprecated without a reason',
    'require-deprecation-reason',
    'endedAt: DateTime\n',
    'endedAt: DateTime @deprecated\n',
  ],
]) {
  test(`${what} would be found`, async () => {
    const found = await faultsWith(from, to);
    assert.ok(
      found.some((fault) => fault.includes(`: ${rule}: `)),
      `found only: ${found.join('\n')}`,
    );
  });
}

test('every command may answer null, so that a fault is told without losing the rest', () => {
  const sure = Object.values(schema.getMutationType().getFields()).filter(({ type }) => type instanceof GraphQLNonNull);
  assert.deepEqual(
    sure.map(({ name }) => name),
    [],
  );
});

test('of what is asked, only what can always be answered is sure to be', () => {
  const sure = Object.values(schema.getQueryType().getFields()).filter(({ type }) => type instanceof GraphQLNonNull);
  assert.deepEqual(
    sure.map(({ name }) => name).filter((name) => !['viewer', 'signInMethods'].includes(name)),
    [],
  );
});

test('every command takes its own input and answers with its own payload, which has userErrors', () => {
  for (const { name, args, type } of Object.values(schema.getMutationType().getFields())) {
    const own = `${name[0].toUpperCase()}${name.slice(1)}`;
    assert.deepEqual(
      args.map((argument) => `${argument.name}: ${argument.type}`),
      [`input: ${own}Input!`],
    );
    assert.equal(`${type}`, `${own}Payload`);
    assert.equal(`${type.getFields().userErrors.type}`, '[UserError!]!', name);
  }
});

test('every type of error has the fields of UserError, and every code has its type', () => {
  const { objects } = schema.getImplementations(schema.getType('UserError'));
  const codes = schema
    .getType('UserErrorCode')
    .getValues()
    .map(({ name }) => name);
  const pascal = (code) => code.toLowerCase().replace(/(^|_)(\w)/g, (_, __, letter) => letter.toUpperCase());
  assert.deepEqual(objects.map(({ name }) => name).sort(), codes.map((code) => `${pascal(code)}Error`).sort());
});

test('what is deprecated says what to use instead and until when it stays', () => {
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
  const members = types.flatMap((type) => [
    ...Object.values(type.getFields?.() ?? {}),
    ...(isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()).flatMap(({ args }) => args) : []),
    ...(type.getValues?.() ?? []),
  ]);
  for (const { name, deprecationReason } of members) {
    if (deprecationReason == null) continue;
    // As docs/api.md promises.
    assert.match(deprecationReason, /^Use `.+`.*\. Stays until at least \d{4}-\d{2}-\d{2}\.$/, name);
  }
});

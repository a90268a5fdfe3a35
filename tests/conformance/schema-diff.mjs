// What has changed in the API since the last release, and whether any of it breaks a client: `make schema-diff`.
//
// With a release, schema.graphql is copied to released/schema.graphql.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LAST_DAY = /Stays until at least (\d{4}-\d{2}-\d{2})\.$/;

/**
 * Compares two schemas, each as text. What was deprecated and has outlived its promised day may go.
 *
 * @param {Date} today
 * @returns {Promise<{breaking: string[], dangerous: string[], safe: string[]}>}
 */
export async function compare(released, current, today = new Date()) {
  const before = buildSchema(released);
  const changes = await diff(before, buildSchema(current));
  const found = { breaking: [], dangerous: [], safe: [] };
  for (const { criticality, message, path, type } of changes) {
    if (
      criticality.level === CriticalityLevel.Breaking &&
      !(isRemoval(type) && hasOutlivedItsDay(before, path, today))
    ) {
      found.breaking.push(message);
    } else if (criticality.level === CriticalityLevel.NonBreaking) {
      found.safe.push(message);
    } else {
      found.dangerous.push(message);
    }
  }
  return found;
}

const isRemoval = (type) => type.endsWith('_REMOVED');

/** @param {string} path `Type.field`, `Type.field.argument` or `Enum.VALUE` */
function hasOutlivedItsDay(schema, path = '', today) {
  const [typeName, memberName, argumentName] = path.split('.');
  const type = schema.getType(typeName);
  const member = type?.getFields?.()[memberName] ?? type?.getValue?.(memberName);
  const removed = argumentName ? member?.args?.find(({ name }) => name === argumentName) : member;
  const [, day] = removed?.deprecationReason?.match(LAST_DAY) ?? [];
  return day !== undefined && today > new Date(`${day}T23:59:59Z`);
}

async function main() {
  const read = (name) => readFile(join(ROOT, name), 'utf8');
  const { breaking, dangerous, safe } = await compare(
    await read('released/schema.graphql'),
    await read('schema.graphql'),
  );
  const list = (heading, changes) => {
    if (changes.length > 0) console.log(`${heading}:\n${changes.map((change) => `  - ${change}`).join('\n')}\n`);
  };
  list('Breaks clients', breaking);
  list('May surprise clients that do not keep to docs/api.md', dangerous);
  console.log(
    `Since the last release: ${breaking.length} breaking, ${dangerous.length} dangerous, ${safe.length} safe changes.`,
  );
  if (breaking.length > 0) {
    console.log('A breaking change has to wait: deprecate instead, as docs/api.md says.');
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();

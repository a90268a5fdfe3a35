// Twilio's own description of its API, as Prism can read all of it.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { TEMPLATES } from './routes.mjs';

const FILES = {
  api: 'twilio_api_v2010.json',
  verify: 'twilio_verify_v2.json',
  lookups: 'twilio_lookups_v2.json',
};

/**
 * Where Twilio's descriptions are: the folder, and by service the files; no files when they are not beside the
 * repository. That they are not in a folder that was named is an error: who has named it relies on the check.
 */
export function descriptions() {
  const besideTheRepository = fileURLToPath(new URL('../../../../shared/twilio', import.meta.url));
  const named = process.env.TWILIO_OPENAPI_DIR;
  const folder = named ?? besideTheRepository;
  const paths = Object.entries(FILES).map(([service, file]) => [service, join(folder, file)]);
  const missing = paths.find(([, path]) => !existsSync(path));
  if (!missing) return { folder, paths: Object.fromEntries(paths) };
  if (named !== undefined) throw new Error(`TWILIO_OPENAPI_DIR is '${named}', and there is no ${missing[1]}`);
  return { folder, paths: null };
}

/** Reads the description of a service, made readable. */
export async function readDescription(service, path) {
  const whole = JSON.parse(await readFile(path, 'utf8'));
  const paths = {};
  for (const template of TEMPLATES[service]) {
    if (!whole.paths?.[template]) throw new Error(`${path} does not describe ${template}`);
    // Only what the fake knows: reading all of it takes Prism seconds, and the gate refuses all else.
    paths[template] = whole.paths[template];
  }
  return withoutIdleNullable({ ...whole, paths });
}

/**
 * Takes `nullable` off where no `type` is: it says nothing there, any value being allowed. Prism cannot compile a schema
 * that has it so, and then passes over the whole of that answer or request in silence.
 */
function withoutIdleNullable(part) {
  if (Array.isArray(part)) return part.map(withoutIdleNullable);
  if (part === null || typeof part !== 'object') return part;
  const kept = Object.entries(part).filter(([name]) => name !== 'nullable' || 'type' in part || part.nullable !== true);
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutIdleNullable(value)]));
}

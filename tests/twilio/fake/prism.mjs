// Prism, which checks what passes through it by Twilio's own description of its API.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The types of what Prism says on its own account begin so. */
const TYPE = 'https://stoplight.io/prism/errors#';
/** Three of them start at once, on a machine that may be busy. Milliseconds. */
const READY_WITHIN = 120_000;
const LATEST_WORDS = 4000;

/** Starts a Prism that checks by the description at an address, in front of `upstream`; returns it once it listens. */
export async function startPrism(description, upstream) {
  const installed = dirname(createRequire(import.meta.url).resolve('@stoplight/prism-cli/package.json'));
  const program = join(installed, 'dist/index.js');
  const watch = new URL('./end-with-standard-input.mjs', import.meta.url).href;
  const child = spawn(
    process.execPath,
    ['--import', watch, program, 'proxy', '--errors', '--cors', 'false', '--port', '0', description, upstream],
    { stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: process.env.PATH, HOME: process.env.HOME, FORCE_COLOR: '0' } },
  );
  // A write to one that has just ended is no fault of ours.
  child.stdin.on('error', () => {});
  let words = '';
  const url = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`Prism is not ready: ${words}`)), READY_WITHIN);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`Prism ended with ${code}: ${words}`)));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (more) => {
        words = (words + more).slice(-LATEST_WORDS);
        const [, address] = words.match(/Prism is listening on (http:\/\/[\d.:]+)\s/) ?? [];
        if (!address) return;
        clearTimeout(late);
        resolve(address);
      });
    }
  }).catch((error) => {
    child.kill('SIGKILL');
    throw error;
  });
  return {
    url,
    processId: child.pid,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/**
 * What Prism finds wrong in an answer that came through it: `{of, location, words}` each.
 *
 * Something wrong with a request is a problem+json (422, 401, 404, 415) with `validation`, and nothing is passed on. An
 * error in an answer is a problem+json 500 with `validation`. A lesser thing, such as a status that is not in the
 * description, is only in the header `sl-violations`.
 */
export function violationsIn(headers, body) {
  if (String(headers['content-type']).startsWith('application/problem+json')) {
    const problem = parsed(body);
    if (!String(problem?.type).startsWith(TYPE)) {
      return [{ of: 'response', location: '', words: `a problem that is not Prism's: ${body.slice(0, 500)}` }];
    }
    const name = problem.type.slice(TYPE.length);
    const found = Array.isArray(problem.validation) ? problem.validation : [];
    if (!found.length) return [{ of: 'request', location: name, words: `${problem.title}: ${problem.detail}` }];
    return found.map((violation) => told(name === 'VIOLATIONS' ? 'response' : 'request', violation));
  }
  const header = headers['sl-violations'];
  if (!header) return [];
  const found = parsed(header);
  if (!Array.isArray(found)) return [{ of: 'response', location: '', words: header }];
  return found.map((violation) => told('response', violation));
}

function told(of, { location = [], message }) {
  const path = [location].flat();
  const where = ['request', 'response'].includes(path[0]) ? path.shift() : of;
  return { of: where, location: path.join('.'), words: String(message) };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

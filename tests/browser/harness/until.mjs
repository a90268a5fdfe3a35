// Waiting for a state, never for a while.

import { setTimeout as pause } from 'node:timers/promises';

/** How long a state may take that nobody promised to be quick. Milliseconds. */
export const PATIENCE = 15_000;

/**
 * Looks again and again until `look` answers something true, and returns that.
 *
 * @param {string} sentence what is waited for; the failure's words
 * @param {() => any} look a look that throws is one that has not found anything yet
 * @param {{within?: number}} options milliseconds
 */
export async function until(sentence, look, { within = PATIENCE } = {}) {
  const deadline = performance.now() + within;
  let last;
  for (;;) {
    try {
      last = await look();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      const seen = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`not so within ${within} ms: ${sentence} (last seen: ${seen})`);
    }
    await pause(25);
  }
}

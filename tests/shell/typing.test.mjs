// A webview and the app beside it tell each other what stands in a field: nothing is lost in between.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PEOPLE, stage } from './harness/stage.mjs';

const { amara } = PEOPLE;

test('what is typed fast in the app is all there', async (t) => {
  const play = await stage(t);
  await play.arrivesInApp(amara);
  const everyone = await play.everyone();
  assert.deepEqual(everyone.map(({ name, phone }) => [name, phone.number]), [[amara.name, amara.number]]);
});

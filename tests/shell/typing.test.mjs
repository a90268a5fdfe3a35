// A webview and the app beside it tell each other what stands in a field: nothing is lost in between.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PEOPLE, stage } from './harness/stage.mjs';

const { amara } = PEOPLE;

test('what is typed fast in the app is all there', async (t) => {
  const play = await stage(t);
  const desktop = await play.desktop();
  const window = await desktop.openApp(play.server.origin, 'standby://c/demo');
  await window.titled(/^Join the waiting area/);
  await window.fillIn(amara);
  await window.titled(/^You are waiting/);
  const everyone = await play.everyone();
  assert.deepEqual(everyone.map(({ name, phone }) => [name, phone.number]), [[amara.name, amara.number]]);
});

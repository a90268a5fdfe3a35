// What the app in a native shell leaves on the device.

import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';

import { until } from '../browser/harness/until.mjs';
import { PEOPLE, stage } from './harness/stage.mjs';

const { amara } = PEOPLE;

test('what the app keeps is nobody else’s to read', async (t) => {
  const play = await stage(t);
  const { desktop, token } = await play.app(amara);
  await desktop.keeps(token);
  assert.equal((await stat(desktop.kept)).mode & 0o777, 0o600);
  assert.equal((await stat(dirname(desktop.kept))).mode & 0o777, 0o700);
});

test('who arrives in the app is kept on the device until the stay ends, and not a moment longer', async (t) => {
  const play = await stage(t);
  const { desktop, window } = await play.arrivesInApp(amara);
  const own = [amara.name, amara.typed, amara.number, amara.number.slice(1)];
  await desktop.keeps(amara.name);
  const { 'standby.stays': stays } = JSON.parse(await desktop.everythingKept());
  const [{ link: token }] = JSON.parse(stays);
  assert.match(token, /^[\w-]{20,}$/);
  // Nobody but the app writes any of it anywhere. While it does, the new file stands beside the old one.
  await until('all of it is in the one file', async () => {
    assert.deepEqual(await desktop.filesWith([...own, token]), ['data/standby/kept.json']);
    return true;
  });
  await play.cancel(amara);
  await window.titled(/^The clinic has ended your wait/);
  await until('the device has forgotten', async () => {
    assert.deepEqual(await desktop.filesWith([...own, token]), []);
    return true;
  });
});

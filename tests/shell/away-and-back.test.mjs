// The app in a native shell: when staff see Offline, and when Waiting again.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { test } from 'node:test';

import { until } from '../browser/harness/until.mjs';
import { LEASE, PEOPLE, stage } from './harness/stage.mjs';

const { amara, bjorn } = PEOPLE;

/** The app of a verified caller, in a window, by the link of the app's own scheme. */
async function waitingInAWindow(play, person, origin = play.server.origin) {
  const token = await play.verifiedCaller(person);
  const desktop = await play.desktop();
  const window = await desktop.openApp(origin, `standby://w#${token}`);
  await window.titled(/^You are waiting/);
  return { desktop, window, token };
}

test('a caller who minimises the app is Offline within two seconds, and Waiting again on return', async (t) => {
  const play = await stage(t);
  const { window } = await waitingInAWindow(play, amara);
  await play.shows(amara, 'WAITING');
  for (const time of ['first', 'second']) {
    await window.minimise();
    const away = await play.shows(amara, 'OFFLINE', { within: 2000 });
    await window.restore();
    const back = await play.shows(amara, 'WAITING', { within: 2000 });
    t.diagnostic(`the ${time} time: Offline after ${away} ms, Waiting after ${back} ms`);
  }
});

test('a caller who closes the app is Offline within two seconds', async (t) => {
  const play = await stage(t);
  const { window } = await waitingInAWindow(play, amara);
  await window.close();
  const took = await play.shows(amara, 'OFFLINE', { within: 2000 });
  t.diagnostic(`Offline ${took} ms after the app was closed`);
});

test('a caller whose app is killed is Offline within the lease', async (t) => {
  const play = await stage(t);
  const { window } = await waitingInAWindow(play, amara);
  await window.kill();
  await play.shows(amara, 'OFFLINE', { within: LEASE });
});

test('an app that stands still for longer than the lease is Waiting again without a restart', async (t) => {
  const play = await stage(t);
  const { window } = await waitingInAWindow(play, amara);
  window.process.kill('SIGSTOP');
  await play.shows(amara, 'OFFLINE', { within: LEASE });
  window.process.kill('SIGCONT');
  await play.shows(amara, 'WAITING', { within: LEASE });
});

test('a caller whose network is gone is Offline within the lease, and Waiting once it is back', async (t) => {
  const play = await stage(t);
  const line = await play.line();
  await waitingInAWindow(play, amara, line.origin);
  line.cut();
  await play.shows(amara, 'OFFLINE', { within: LEASE });
  line.mend();
  await play.shows(amara, 'WAITING', { within: LEASE });
});

test('a link opens its own caller, also in an app that runs already', async (t) => {
  const play = await stage(t);
  const { desktop, window } = await waitingInAWindow(play, amara);
  const other = await play.verifiedCaller(bjorn);
  const later = desktop.startApp(play.server.origin, `${play.server.origin}/w#${other}`);
  assert.equal(await later.ended, 0, later.said);
  // The app no longer shows the caller that it showed before.
  await play.shows(amara, 'OFFLINE');
  assert.equal((await play.seen(bjorn)).status, 'WAITING');
  await window.minimise();
  await play.shows(bjorn, 'OFFLINE', { within: 2000 });
});

test('a link to the caller who is away brings the minimised app back', async (t) => {
  const play = await stage(t);
  const { desktop, window, token } = await waitingInAWindow(play, amara);
  await window.minimise();
  await play.shows(amara, 'OFFLINE', { within: 2000 });
  const later = desktop.startApp(play.server.origin, `standby://w#${token}`);
  assert.equal(await later.ended, 0, later.said);
  await play.shows(amara, 'WAITING', { within: 2000 });
});

test('an app that is opened without a link goes on with the stay it was left at', async (t) => {
  const play = await stage(t);
  const { desktop, window } = await waitingInAWindow(play, amara);
  await until('the stay is kept', () => existsSync(desktop.kept));
  await window.kill();
  await play.shows(amara, 'OFFLINE', { within: LEASE });
  const again = await desktop.openApp(play.server.origin);
  await again.titled(/^(You are waiting|Welcome back)/);
  await play.shows(amara, 'WAITING');
});

test('what the app keeps is nobody else\'s to read', async (t) => {
  const play = await stage(t);
  const { desktop } = await waitingInAWindow(play, amara);
  await until('something is kept', () => existsSync(desktop.kept));
  assert.equal((await stat(desktop.kept)).mode & 0o777, 0o600);
});

test('a broken link says so', async (t) => {
  const play = await stage(t);
  const desktop = await play.desktop();
  const window = await desktop.openApp(play.server.origin, 'standby://elsewhere');
  await window.titled(/^This link does not work/);
});

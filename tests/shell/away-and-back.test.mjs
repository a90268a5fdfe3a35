// The app in a native shell: when staff see Offline, and when Waiting again.

import { test } from 'node:test';

import { withinTwoSeconds } from '../browser/harness/two-seconds.mjs';
import { BACK_WITHIN, OFFLINE_WITHIN, PEOPLE, stage } from './harness/stage.mjs';

const { amara } = PEOPLE;

test('a caller who minimises the app is Offline within two seconds, and Waiting again on return', async (t) => {
  const play = await stage(t);
  const { window } = await play.app(amara);
  await play.shows(amara, 'WAITING');
  const minimiseAndRestore = async () => {
    await window.minimise();
    const away = await play.shows(amara, 'OFFLINE');
    await window.restore();
    const back = await play.shows(amara, 'WAITING');
    return { 'minimised, Offline': away, 'restored, Waiting': back };
  };
  await withinTwoSeconds(t, minimiseAndRestore, { atLeast: 2 });
});

test('a caller who closes the app is Offline within two seconds', async (t) => {
  const play = await stage(t);
  const { desktop, window: first, token } = await play.app(amara);
  let window = first;
  await withinTwoSeconds(t, async (number) => {
    if (number > 1) {
      await window.process.ended;
      window = await desktop.openApp(play.server.origin, `standby://w#${token}`);
    }
    await play.shows(amara, 'WAITING');
    await window.close();
    return { 'closed, Offline': await play.shows(amara, 'OFFLINE') };
  });
});

test('a caller whose app is killed is Offline within the lease', async (t) => {
  const play = await stage(t);
  const { window } = await play.app(amara);
  await window.kill();
  const took = await play.shows(amara, 'OFFLINE', { within: OFFLINE_WITHIN });
  t.diagnostic(`Offline ${took} ms after the app was killed`);
});

test('an app that stands still for longer than the lease is Waiting again without a restart', async (t) => {
  const play = await stage(t);
  const { window } = await play.app(amara);
  window.process.kill('SIGSTOP');
  await play.shows(amara, 'OFFLINE', { within: OFFLINE_WITHIN });
  window.process.kill('SIGCONT');
  const took = await play.shows(amara, 'WAITING', { within: BACK_WITHIN });
  t.diagnostic(`Waiting ${took} ms after it went on`);
});

test('a caller whose network is gone is Offline within the lease, and Waiting once it is back', async (t) => {
  const play = await stage(t);
  const line = await play.line();
  await play.app(amara, { origin: line.origin });
  line.cut();
  await play.shows(amara, 'OFFLINE', { within: OFFLINE_WITHIN });
  line.mend();
  const took = await play.shows(amara, 'WAITING', { within: BACK_WITHIN });
  t.diagnostic(`Waiting ${took} ms after the network was back`);
});

test('who comes back without a network is not shown how it was, but how it is once that can be had', async (t) => {
  const play = await stage(t);
  const line = await play.line();
  const { window } = await play.app(amara, { origin: line.origin });
  await window.minimise();
  await play.shows(amara, 'OFFLINE');
  line.cut();
  await play.cancel(amara);
  await window.restore();
  await window.titled(/^(Getting the latest|We cannot reach the waiting area)/);
  line.mend();
  await window.titled(/^The clinic has ended your wait/);
});

// What opens the app in a native shell, and which caller it then shows.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from '../browser/harness/until.mjs';
import { OFFLINE_WITHIN, PEOPLE, stage } from './harness/stage.mjs';

const { amara, bjorn } = PEOPLE;

for (const [kind, address] of [
  ['its own scheme', ({ token }) => `standby://w#${token}`],
  ['the address in the text message', ({ token, origin }) => `${origin}/w#${token}`],
]) {
  test(`an app that is started by a link shows the caller of the link: ${kind}`, async (t) => {
    const play = await stage(t);
    await play.absentCaller(bjorn);
    const token = await play.verifiedCaller(amara);
    const desktop = await play.desktop();
    const { origin } = play.server;
    const window = await desktop.openApp(origin, address({ token, origin }));
    await window.titled(/^You are waiting/);
    await window.minimise();
    await play.shows(amara, 'OFFLINE');
    assert.deepEqual(await play.comingsAndGoings(bjorn), ['WENT_OFFLINE']);
  });
}

test('a link to another caller asks first, and meanwhile the one who waits goes on waiting', async (t) => {
  const play = await stage(t);
  const { desktop, window } = await play.app(amara);
  const other = await play.absentCaller(bjorn);
  const link = `${play.server.origin}/w#${other}`;
  await desktop.startAgain(play.server.origin, link);
  await window.titled(/^Open the other link\?/);
  // The question is no reason to lose touch, and opens nothing.
  await window.minimise();
  await play.shows(amara, 'OFFLINE');
  await window.restore();
  await play.shows(amara, 'WAITING');
  await window.titled(/^Open the other link\?/);
  await window.press('Tab', 'Return');
  await window.titled(/^(You are waiting|Welcome back)/);
  assert.equal((await play.seen(amara)).status, 'WAITING');
  assert.deepEqual(await play.comingsAndGoings(bjorn), ['WENT_OFFLINE']);
});

test('a link to another caller opens once that is wanted, and the one before is away', async (t) => {
  const play = await stage(t);
  const { desktop, window } = await play.app(amara);
  const other = await play.absentCaller(bjorn);
  await desktop.startAgain(play.server.origin, `standby://w#${other}`);
  await window.titled(/^Open the other link\?/);
  await window.press('Tab', 'Tab', 'Return');
  await play.shows(bjorn, 'WAITING');
  await play.shows(amara, 'OFFLINE');
  await window.titled(/^You are waiting/);
  await window.minimise();
  await play.shows(bjorn, 'OFFLINE');
});

test('a link to the caller who is away brings the minimised app back', async (t) => {
  const play = await stage(t);
  const { desktop, window, token } = await play.app(amara);
  await window.minimise();
  await play.shows(amara, 'OFFLINE');
  await desktop.startAgain(play.server.origin, `standby://w#${token}`);
  await play.shows(amara, 'WAITING');
});

test('a recall’s own link opens the same caller in the minimised app, who is back once', async (t) => {
  const play = await stage(t);
  const { desktop, window } = await play.app(amara);
  const { id } = await play.seen(amara);
  await window.minimise();
  await play.shows(amara, 'OFFLINE');
  await play.recall(amara);
  await desktop.startAgain(play.server.origin, await play.texts(amara).link());
  await play.shows(amara, 'WAITING');
  // It is the same caller: nothing is asked first.
  await window.titled(/^Welcome back/);
  await until('staff see the recall answered, by its link', async () => {
    const { recall } = await play.seen(amara);
    return recall.openedAt && recall.returnedAt;
  });
  assert.deepEqual((await play.everyone()).map((caller) => caller.id), [id]);
  assert.deepEqual(await play.comingsAndGoings(amara), ['WENT_OFFLINE', 'CAME_BACK']);
  // By the next time away, whatever else the app had to say of this one has been heard.
  await window.minimise();
  await play.shows(amara, 'OFFLINE');
  await window.restore();
  await play.shows(amara, 'WAITING');
  const twice = ['WENT_OFFLINE', 'CAME_BACK', 'WENT_OFFLINE', 'CAME_BACK'];
  assert.deepEqual(await play.comingsAndGoings(amara), twice);
});

test('an app that is started twice is one app, and comes to the front', async (t) => {
  const play = await stage(t);
  const { desktop, window } = await play.app(amara);
  await window.minimise();
  await play.shows(amara, 'OFFLINE');
  await desktop.startAgain(play.server.origin);
  await play.shows(amara, 'WAITING');
  await window.titled(/^(You are waiting|Welcome back)/);
  // Were there two, the other would go on looking.
  await window.minimise();
  await play.shows(amara, 'OFFLINE');
});

test('an app that is opened without a link goes on with the stay it was left at', async (t) => {
  const play = await stage(t);
  const { desktop, window, token } = await play.app(amara);
  await desktop.keeps(token);
  await window.kill();
  await play.shows(amara, 'OFFLINE', { within: OFFLINE_WITHIN });
  const again = await desktop.openApp(play.server.origin);
  await again.titled(/^(You are waiting|Welcome back)/);
  await play.shows(amara, 'WAITING');
});

test('an app that is opened without a link, and knows of no stay, says what it is for', async (t) => {
  const play = await stage(t);
  const desktop = await play.desktop();
  const window = await desktop.openApp(play.server.origin);
  await window.titled(/^Your waiting area/);
});

test('a broken link loses nobody the place they have', async (t) => {
  const play = await stage(t);
  const { desktop, window } = await play.app(amara);
  await desktop.startAgain(play.server.origin, 'standby://elsewhere');
  await window.titled(/^This link does not work/);
  await window.minimise();
  await play.shows(amara, 'OFFLINE');
  await window.restore();
  await play.shows(amara, 'WAITING');
});

test('a broken link says so', async (t) => {
  const play = await stage(t);
  const desktop = await play.desktop();
  const window = await desktop.openApp(play.server.origin, 'standby://elsewhere');
  await window.titled(/^This link does not work/);
});

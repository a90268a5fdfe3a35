// The server is killed in the middle of everything, and started again.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { activityOf, callers } from './harness/graphql.mjs';
import { PEOPLE, stage } from './harness/stage.mjs';

const { amara, bjorn, chen, dalia } = PEOPLE;

// The grace time of a restart, in which callers may come back, and some more. Milliseconds.
const AFTER_THE_GRACE_TIME = 60_000;

test('after a power cut nobody is lost, places are kept, and nobody who came back was Offline', async (t) => {
  const play = await stage(t);
  const key = await play.server.addKey('TEAM_MEMBER');
  const staff = await play.staff();
  const everyone = [amara.name, bjorn.name, chen.name, dalia.name];

  const looking = await play.verifiedCaller(amara);
  const away = await play.verifiedCaller(bjorn);
  const unverified = await play.caller(chen);
  const vanishing = await play.verifiedCaller(dalia);
  await away.hide();
  await staff.shows(bjorn.name, 'Offline');
  await staff.waitForOrder(everyone);
  const before = await callers(play.server, key);

  await play.server.kill();
  // Her page goes while there is no server to be told.
  await vanishing.close();
  await play.server.startAgain();

  // The console repairs itself, and so do the wait screens.
  await staff.waitForOrder(everyone);
  await staff.shows(bjorn.name, 'Offline');
  await staff.shows(amara.name, 'Waiting');
  const after = await callers(play.server, key);
  for (const name of everyone) {
    assert.equal(after[name].id, before[name].id);
    assert.deepEqual(after[name].position.place, before[name].position.place);
  }

  // Once the one who did not come back is Offline, the grace time is over for all.
  await staff.shows(dalia.name, 'Offline', { within: AFTER_THE_GRACE_TIME });
  for (const { name } of [amara, chen]) {
    assert.equal(await staff.statusOf(name), 'Waiting');
    assert.ok(!(await activityOf(play.server, key, name)).includes('WENT_OFFLINE'));
  }
  assert.equal(await looking.place(), 1);
  assert.equal(await unverified.place(), 3);

  // And the story goes on where it was.
  await staff.recall(bjorn.name);
  await away.texts.link();
  await away.show();
  await staff.shows(bjorn.name, 'Waiting', { within: 5000 });
});

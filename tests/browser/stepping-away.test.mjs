// When a caller is Offline, and when not.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { activityOf, callers } from './harness/graphql.mjs';
import { PEOPLE, stage } from './harness/stage.mjs';
import { until } from './harness/until.mjs';
import { WaitScreen } from './pages/wait-screen.mjs';

const { amara, bjorn } = PEOPLE;

test('a verified caller who closes the page is Offline within two seconds', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const phone = await play.verifiedCaller(amara);
  await staff.shows(amara.name, 'Waiting');
  await phone.close();
  const took = await staff.shows(amara.name, 'Offline', { within: 2000 });
  t.diagnostic(`Offline ${Math.round(took)} ms after the page was closed`);
});

test('a caller who brings the page back to the front is Waiting again in the same place', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const phone = await play.verifiedCaller(amara);
  await play.caller(bjorn);
  await phone.hide();
  await staff.shows(amara.name, 'Offline', { within: 2000 });
  await phone.show();
  await staff.shows(amara.name, 'Waiting', { within: 2000 });
  await staff.waitForOrder([amara.name, bjorn.name]);
  assert.equal(await phone.place(), 1);
});

test('an unverified caller who hides the page is never Offline', async (t) => {
  const play = await stage(t);
  const key = await play.server.addKey('TEAM_MEMBER');
  const staff = await play.staff();
  const phone = await play.caller(amara);
  await phone.mustBeKeptOpen();
  await staff.shows(amara.name, 'Waiting');
  await phone.hide();
  await until('the server knows that nobody is looking', async () => {
    return (await callers(play.server, key))[amara.name].presence.notResponding;
  });
  await staff.tells(amara.name, 'Not responding');
  assert.equal(await staff.statusOf(amara.name), 'Waiting');
  await phone.show();
  await until('the server knows that somebody is looking', async () => {
    return !(await callers(play.server, key))[amara.name].presence.notResponding;
  });
  assert.ok(!(await activityOf(play.server, key, amara.name)).includes('WENT_OFFLINE'));
});

test('a caller with two devices is Offline only when neither is looked at', async (t) => {
  const play = await stage(t);
  const key = await play.server.addKey('TEAM_MEMBER');
  const staff = await play.staff();
  const phone = await play.verifiedCaller(amara);
  const laptop = await WaitScreen.open(await play.phone(), play.server, phone.address());
  await laptop.maySetPhoneAside();

  await phone.heard(() => phone.hide());
  assert.equal(await staff.statusOf(amara.name), 'Waiting');
  await laptop.hide();
  await staff.shows(amara.name, 'Offline', { within: 2000 });
  await laptop.show();
  await staff.shows(amara.name, 'Waiting', { within: 2000 });
  await phone.heard(() => phone.show());
  await laptop.close();
  await phone.hide();
  await staff.shows(amara.name, 'Offline', { within: 2000 });

  // Twice everybody was away, and twice only.
  const offline = (await activityOf(play.server, key, amara.name)).filter((kind) => kind === 'WENT_OFFLINE');
  assert.equal(offline.length, 2);
});

test('a caller may leave the page to read the code without losing the place', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const phone = await play.caller(amara);
  await play.caller(bjorn);
  await phone.askForACode();
  await phone.hide();
  const code = await play.texts(amara).code();
  await phone.show();
  await phone.enterCode(code);
  await phone.maySetPhoneAside();
  await staff.waitForOrder([amara.name, bjorn.name]);
  await staff.shows(amara.name, 'Waiting');
});

test('a wait screen that is loaded again is the same wait', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const phone = await play.verifiedCaller(amara);
  await play.caller(bjorn);
  await phone.reload();
  await phone.maySetPhoneAside();
  await staff.shows(amara.name, 'Waiting');
  await staff.waitForOrder([amara.name, bjorn.name]);
  assert.equal(await phone.place(), 1);
});

// Another link is opened where somebody waits already: nobody loses a place by it unasked.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PEOPLE, stage } from './harness/stage.mjs';
import { WaitScreen } from './pages/wait-screen.mjs';

const { amara, bjorn } = PEOPLE;

test('a link to another caller asks first, and nothing of the other is opened before the answer', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const phone = await play.verifiedCaller(amara);
  const other = await play.verifiedCaller(bjorn);
  const [own, link] = [phone.address(), other.address()];
  await other.close();
  await staff.shows(bjorn.name, 'Offline');

  await phone.openBeside(link);
  await phone.says('Open the other link?');
  // The wait goes on meanwhile.
  await phone.heard(() => phone.hide());
  await staff.shows(amara.name, 'Offline');
  await phone.heard(() => phone.show());
  await staff.shows(amara.name, 'Waiting');
  assert.equal(await staff.statusOf(bjorn.name), 'Offline');

  await phone.press('Stay here');
  await phone.maySetPhoneAside();
  assert.equal(phone.address(), own);
  assert.equal(await phone.place(), 1);

  await phone.openBeside(link);
  await phone.says('Open the other link?');
  await phone.press('Open the other link');
  await staff.shows(bjorn.name, 'Waiting');
  await staff.shows(amara.name, 'Offline');
  assert.equal(phone.address(), link);
  assert.equal(await phone.place(), 2);
  play.nothingLeaked([amara, bjorn]);
});

test('a broken link where somebody waits says so, and leads back to the place', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const phone = await play.verifiedCaller(amara);
  const own = phone.address();
  await phone.openBeside(`${play.server.origin}/w#broken`);
  await phone.says('This link does not work');
  await phone.tells('You are still waiting, in the same place.');
  assert.equal(await staff.statusOf(amara.name), 'Waiting');
  await phone.press('Back to my place');
  await phone.maySetPhoneAside();
  assert.equal(phone.address(), own);
  await phone.hide();
  await staff.shows(amara.name, 'Offline', { within: 2000 });
});

test('a broken link in a tab of its own leads back to the place, and to no second one', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const phone = await play.verifiedCaller(amara);
  const own = phone.address();
  const broken = `${play.server.origin}/w#broken`;
  const first = await WaitScreen.open(phone.browser, play.server, broken);
  await first.says('This link does not work');
  await first.press('Arrive again');
  await first.says('You are already waiting here');
  const beside = await WaitScreen.open(phone.browser, play.server, broken);
  await beside.press('Back to my place');
  await beside.maySetPhoneAside();
  assert.equal(beside.address(), own);
  assert.equal(await staff.statusOf(amara.name), 'Waiting');
});

// Another link is opened where somebody waits already: nobody loses a place by it unasked.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PEOPLE, stage } from './harness/stage.mjs';
import { until } from './harness/until.mjs';
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
  await phone.tells('You are already waiting at Demo Clinic.');
  await phone.tells('The other link is for Björn, at Demo Clinic.');
  await phone.tells('we still text you when it is your turn');
  // The wait goes on meanwhile.
  await phone.heard(() => phone.hide());
  await staff.shows(amara.name, 'Offline');
  await phone.heard(() => phone.show());
  await staff.shows(amara.name, 'Waiting');
  assert.equal(await staff.statusOf(bjorn.name), 'Offline');

  await phone.press('Stay here');
  await phone.maySetPhoneAside();
  await phone.isAt(own);
  assert.equal(await phone.place(), 1);

  await phone.openBeside(link);
  await phone.says('Open the other link?');
  await phone.press('Open the other link');
  await staff.shows(bjorn.name, 'Waiting');
  await staff.shows(amara.name, 'Offline');
  await phone.isAt(link);
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
  await phone.isAt(own);
  await phone.hide();
  await staff.shows(amara.name, 'Offline');
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
  await first.says('You have already arrived here');
  const beside = await WaitScreen.open(phone.browser, play.server, broken);
  await beside.press('Back to my place');
  await beside.maySetPhoneAside();
  await beside.isAt(own);
  assert.equal(await staff.statusOf(amara.name), 'Waiting');
});

test('the link of a stay that is over costs no place, leads back to the one that goes on, and to no second one', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const phone = await play.caller(amara);
  const old = phone.address();
  await phone.leave();
  await phone.arriveAgain();
  await phone.giveDetails(amara);
  await phone.says('You are waiting');
  const own = await until('the address is the new link', () => {
    const address = phone.address();
    return address.includes('/w#') && address !== old && address;
  });

  await phone.openBeside(old);
  await phone.says('This link does not work');
  await phone.press('Back to my place');
  await phone.says('You are waiting');
  await phone.isAt(own);

  // In tabs that know nothing of the wait but what the browser keeps.
  const first = await WaitScreen.open(phone.browser, play.server, old);
  await first.says('You have left the waiting area');
  await first.tells('You may still have a place in the queue.');
  await first.press('Arrive again');
  await first.says('You have already arrived here');
  const beside = await WaitScreen.open(phone.browser, play.server, old);
  await beside.press('Back to my place');
  await beside.says('You are waiting');
  await beside.isAt(own);
  await staff.waitForOrder([amara.name]);
});

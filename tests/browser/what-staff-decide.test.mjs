// What staff decide, and what callers see of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { callers } from './harness/graphql.mjs';
import { PEOPLE, stage } from './harness/stage.mjs';
import { until } from './harness/until.mjs';
import { WaitScreen } from './pages/wait-screen.mjs';

const { amara, bjorn, chen } = PEOPLE;

test('a double-clicked Recall sends one message', async (t) => {
  const play = await stage(t);
  const key = await play.server.addKey('TEAM_MEMBER');
  const staff = await play.staff();
  const phone = await play.verifiedCaller(amara);
  await phone.hide();
  await staff.shows(amara.name, 'Offline');
  await staff.recallByDoubleClick(amara.name);
  const link = await phone.texts.link();
  await until('the message is known to be delivered', async () => {
    return (await callers(play.server, key))[amara.name].recall.sms.state === 'DELIVERED';
  });
  // Another caller's message comes after every one that this recall could have caused.
  const other = await play.verifiedCaller(bjorn);
  await other.hide();
  await staff.shows(bjorn.name, 'Offline');
  await staff.recall(bjorn.name);
  await other.texts.link();
  assert.equal((await phone.texts.messages()).length, 2, 'the code and one recall');
  await WaitScreen.open(await play.phone(), play.server, link);
  await staff.shows(amara.name, 'Waiting');
});

test('Offline Queueing switched off is for new arrivals, and switched on again offers it again', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const before = await play.verifiedCaller(amara);
  await staff.setOfflineQueueing(false);

  const without = await play.caller(bjorn);
  await without.mustBeKeptOpen();
  assert.equal(await without.offersToVerify(), false);
  await before.hide();
  await staff.shows(amara.name, 'Offline');
  await before.show();
  await before.maySetPhoneAside();

  await staff.setOfflineQueueing(true);
  const after = await play.verifiedCaller(chen);
  await after.hide();
  await staff.shows(chen.name, 'Offline');
  await staff.waitForOrder([amara.name, bjorn.name, chen.name]);
});

test('a Waiting caller who is cancelled is told so at once', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const phone = await play.caller(amara);
  await staff.cancel(amara.name, 'Please see your own doctor');
  await phone.says('The clinic has ended your wait');
  await phone.tells('Please see your own doctor');
  await staff.doesNotList(amara.name);

  // No dead end: with the remembered details back into the waiting area.
  await phone.arriveAgain();
  assert.equal(await phone.page.getByLabel('Your name').inputValue(), amara.name);
});

test('an Offline caller who is cancelled finds out by the link', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const phone = await play.verifiedCaller(amara);
  const link = phone.address();
  await phone.close();
  await staff.shows(amara.name, 'Offline');
  await staff.cancel(amara.name);
  await staff.doesNotList(amara.name);
  const another = await WaitScreen.open(await play.phone(), play.server, link);
  await another.says('The clinic has ended your wait');
});

test('a caller who leaves is gone from the list', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const phone = await play.caller(amara);
  await play.caller(bjorn);
  await staff.waitForOrder([amara.name, bjorn.name]);
  await phone.leave();
  await staff.doesNotList(amara.name);
  await staff.shows(bjorn.name, 'Waiting');
});

test('whoever is gone is found by name or number, and can be phoned', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const { page } = staff;
  const phone = await play.caller(amara);
  await play.caller(bjorn);
  await phone.leave();
  await staff.doesNotList(amara.name);
  for (const search of [amara.name, amara.typed]) {
    await staff.search(search);
    await page.getByText('The search finds 1 caller whose stay has ended: see below.').waitFor();
    const gone = page.getByRole('listitem').filter({ hasText: amara.name });
    assert.equal(await gone.getByRole('link').getAttribute('href'), `tel:${amara.number}`);
    await staff.search('');
    await staff.shows(bjorn.name, 'Waiting');
  }
  await page.getByText('Ended lately (1)').click();
  await page.getByRole('button', { name: /^Activity/ }).last().click();
  await staff.dialog.getByRole('link', { name: '+61 491 570 006' }).waitFor();
});

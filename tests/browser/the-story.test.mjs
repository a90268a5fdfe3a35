// The whole story, as a newcomer would play it: two people, two browsers, one dev phone.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { picture } from './harness/chromium.mjs';
import { PEOPLE, stage } from './harness/stage.mjs';
import { withinTwoSeconds } from './harness/two-seconds.mjs';
import { WaitScreen } from './pages/wait-screen.mjs';

const { amara, bjorn } = PEOPLE;

test('a caller steps away, is recalled, comes back by the link in another browser and is joined', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const texts = play.texts(amara);

  // Arrive by the clinic link, verify with the code that appears on the dev phone.
  const phone = await play.caller(amara);
  await play.caller(bjorn);
  await staff.shows(amara.name, 'Waiting');
  await staff.waitForOrder([amara.name, bjorn.name]);
  assert.equal(await phone.place(), 1);
  await phone.askForACode();
  const code = await texts.code();
  await phone.enterCode(code);
  await phone.maySetPhoneAside();
  await picture(phone.page, 'wait-screen');
  assert.deepEqual(await staff.offers(amara.name), ['Join', 'Cancel']);

  // Another tab: Offline, in the same place, with Recall where Join was.
  await withinTwoSeconds(t, async (number) => {
    if (number > 1) {
      await phone.show();
      await staff.shows(amara.name, 'Waiting');
    }
    await phone.hide();
    return { 'hidden, Offline': await staff.shows(amara.name, 'Offline') };
  });
  await staff.waitForOrder([amara.name, bjorn.name]);
  assert.deepEqual(await staff.offers(amara.name), ['Recall', 'Cancel']);

  // Recall: the text has a link and tells nothing about anyone.
  await staff.recall(amara.name);
  await staff.tells(amara.name, 'Recalled just now');
  const link = await texts.link();
  const messages = await texts.messages();
  assert.equal(messages.length, 2, 'the code and one recall');
  const { body } = messages[1];
  assert.ok(!body.includes(amara.name) && !body.includes(amara.number), 'the text tells a name or a number');
  await staff.tells(amara.name, 'Text delivered');
  await picture(staff.page, 'console');

  // A preview fetches the link: that changes nothing.
  await fetch(link);
  assert.equal(await staff.statusOf(amara.name), 'Offline');

  // The link, in a browser that knows nothing of her: Waiting again, in the same place.
  const another = await WaitScreen.open(await play.phone(), play.server, link);
  await staff.shows(amara.name, 'Waiting');
  await staff.waitForOrder([amara.name, bjorn.name]);
  await another.says('Welcome back');
  assert.equal(await another.place(), 1);

  // Joined, held, joined again, completed: the wait screen says so each time.
  await staff.join(amara.name);
  await staff.shows(amara.name, 'Being Seen');
  assert.match(await another.room(), /\/dev\/room\/room_[0-9a-z]{26}$/);
  await staff.hold(amara.name);
  await staff.shows(amara.name, 'On Hold');
  await another.says('You are on hold');
  await staff.join(amara.name);
  await staff.shows(amara.name, 'Being Seen');
  await staff.complete(amara.name);
  await another.says('Your consultation has ended');
  await staff.doesNotList(amara.name);

  play.nothingLeaked([amara, bjorn], [code]);
});

// What callers and staff see of real texts: what became of each, what is texted back, and what to do where none arrives.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PEOPLE, stage } from './harness/stage.mjs';
import { until } from './harness/until.mjs';
import { FakeTwilio } from '../twilio/harness.mjs';

const { amara, bjorn } = PEOPLE;

/** A stage whose server sends its texts to a stand-in for Twilio. */
async function withRealTexts(t) {
  // What Twilio's own description says of the server's requests is checked where the server is tested.
  const twilio = await FakeTwilio.start({ args: ['--unchecked'] });
  t.after(() => twilio.stop());
  const play = await stage(t, { ...twilio.environment, TEXT_REPLIES: 'on' });
  const textsTo = async ({ number }) => {
    return await twilio.get(`/messages?to=${encodeURIComponent(number)}`);
  };
  return {
    ...play,
    twilio,
    /** A caller who has come in and entered the code that Twilio was given. */
    async verifiedCaller(person) {
      const screen = await play.caller(person);
      await screen.askForACode();
      const [code] = await until('a code is sent', async () => (await textsTo(person))[0]?.body.match(/\d{6}/));
      await screen.enterCode(code);
      await screen.maySetPhoneAside();
      return screen;
    },
    /** The caller, Offline and recalled. */
    async recalledCaller(person, staff) {
      const screen = await this.verifiedCaller(person);
      await screen.hide();
      await staff.shows(person.name, 'Offline');
      await staff.recall(person.name);
      return screen;
    },
    /** Texts the clinic from a caller's phone. */
    async replies(person, body) {
      const url = `${play.server.origin}/twilio/inbound`;
      await twilio.post('/inbound', { url, from: person.number, body });
    },
  };
}

test('a caller with a landline is told so, waits on the page, and is verified by staff who phone', async (t) => {
  const play = await withRealTexts(t);
  await play.twilio.post('/lines', { to: amara.number, type: 'landline' });
  const staff = await play.staff();
  const phone = await play.caller(amara);
  await phone.askForACodeInVain();
  await phone.tells('is a landline, which takes no texts');
  await phone.tells('Or keep this page open: you keep your place.');
  await phone.waitHere();
  await phone.mustBeKeptOpen();
  assert.equal(await phone.place(), 1);

  await staff.verifyByPhone(amara.name);
  await phone.maySetPhoneAside();
  await phone.hide();
  await staff.shows(amara.name, 'Offline');
  await staff.tellsOf(amara.name, /vouched for by staff, who have phoned it/);
  play.nothingLeaked([amara]);
});

test('what became of the text of a recall is told to staff with what to do', async (t) => {
  const play = await withRealTexts(t);
  const staff = await play.staff();
  const phone = await play.verifiedCaller(amara);
  await phone.hide();
  await staff.shows(amara.name, 'Offline');
  await play.twilio.post('/plan', {
    to: amara.number,
    steps: [{ status: 'sent', afterMs: 20 }, { status: 'undelivered', errorCode: 30006, afterMs: 40 }],
  });
  await staff.recall(amara.name);
  await staff.tells(amara.name, 'Landline: phone them');
  // Also where the row is not shown, until the caller is back.
  await staff.filter('Waiting');
  await staff.doesNotList(amara.name);
  const [told, ...others] = await staff.unreached();
  assert.ok(told.includes(amara.name) && told.includes('Landline: phone them'), told);
  assert.deepEqual(others, []);
  await phone.show();
  await until('nobody is told to be unreached', async () => (await staff.unreached()).length === 0);
  await staff.filter('All');
  await play.recalledCaller(bjorn, staff);
  await staff.tells(bjorn.name, 'Text delivered');
});

test('what a caller texts back is shown to staff at once, and a reply that leaves ends the stay', async (t) => {
  const play = await withRealTexts(t);
  const staff = await play.staff();
  const phone = await play.recalledCaller(amara, staff);
  await staff.tells(amara.name, 'Text delivered');
  await play.replies(amara, '2');
  await staff.tells(amara.name, 'Replied: 5 more minutes');
  await play.replies(amara, '1');
  await staff.tells(amara.name, 'Replied: coming');
  await play.replies(amara, '3');
  await staff.says(`${amara.name} replied that they leave, and is no longer here.`);
  await staff.doesNotList(amara.name);
  await phone.show();
  await phone.says('You have left the waiting area');
  await phone.tells('You replied to our text that you leave');
  play.nothingLeaked([amara]);
});

test('a caller who texts STOP is told to keep the page open, and staff to phone them, until START', async (t) => {
  const play = await withRealTexts(t);
  const staff = await play.staff();
  const phone = await play.verifiedCaller(amara);
  await play.replies(amara, 'STOP');
  await staff.tells(amara.name, 'Asked for no texts: phone them');
  await phone.mustBeKeptOpen();
  await phone.tells('This number has asked for no texts');
  await phone.hide();
  await staff.shows(amara.name, 'Offline');
  assert.equal(await staff.mayRecall(amara.name), false);
  await phone.show();
  await play.replies(amara, 'START');
  await phone.maySetPhoneAside();
});

// When a caller is Offline, and when not.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { activityOf, callers, graphql } from './harness/graphql.mjs';
import { PEOPLE, stage } from './harness/stage.mjs';
import { withinTwoSeconds } from './harness/two-seconds.mjs';
import { until } from './harness/until.mjs';
import { WaitScreen } from './pages/wait-screen.mjs';

const { amara, bjorn } = PEOPLE;

test('a verified caller who closes the page is Offline within two seconds', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const first = await play.verifiedCaller(amara);
  await withinTwoSeconds(t, async (number) => {
    const phone = number === 1 ? first : await WaitScreen.open(first.browser, play.server, first.address());
    await staff.shows(amara.name, 'Waiting');
    await phone.close();
    return { 'closed, Offline': await staff.shows(amara.name, 'Offline') };
  });
});

test('a caller who brings the page back to the front is Waiting again within two seconds, in the same place', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const phone = await play.verifiedCaller(amara);
  await play.caller(bjorn);
  await withinTwoSeconds(t, async () => {
    await phone.hide();
    const away = await staff.shows(amara.name, 'Offline');
    await phone.show();
    const back = await staff.shows(amara.name, 'Waiting');
    return { 'hidden, Offline': away, 'seen again, Waiting': back };
  });
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
  await staff.shows(amara.name, 'Offline');
  await laptop.show();
  await staff.shows(amara.name, 'Waiting');
  await phone.heard(() => phone.show());
  await laptop.close();
  await phone.hide();
  await staff.shows(amara.name, 'Offline');

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

test('a page that is hidden while the store fails is Offline as soon as it works again', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const phone = await play.verifiedCaller(amara);
  await staff.shows(amara.name, 'Waiting');
  const reports = phone.reports();
  // What a server whose data file stays locked answers, with 200.
  await phone.losesOne('BACKGROUND', {
    data: { reportPresence: null },
    errors: [
      {
        message: 'Something went wrong on our side and was logged. Please try again.',
        locations: [{ line: 1, column: 57 }],
        path: ['reportPresence'],
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      },
    ],
  });
  await phone.hide();
  await staff.shows(amara.name, 'Offline');
  assert.deepEqual(reports.map(({ state }) => state), ['BACKGROUND', 'BACKGROUND']);
  assert.ok(reports[1].counter > reports[0].counter);
});

test('a page reports again when its live connection is back, hidden or seen', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const hidden = await play.verifiedCaller(amara);
  const seen = await play.verifiedCaller(bjorn);
  // The page takes it for told, and the server knows nothing of it.
  await hidden.losesOne('BACKGROUND', { data: { reportPresence: { userErrors: [] } } });
  await hidden.heard(() => hidden.hide());
  assert.equal(await staff.statusOf(amara.name), 'Waiting');
  const [ofHidden, ofSeen] = [hidden.reports(), seen.reports()];

  await play.server.kill();
  await play.server.startAgain();

  await staff.shows(amara.name, 'Offline');
  await until('the page that is seen has reported again', () => ofSeen.length > 0);
  assert.deepEqual(ofHidden.map(({ state }) => state), ['BACKGROUND']);
  assert.deepEqual(ofSeen.map(({ state }) => state), ['FOREGROUND']);
  await staff.shows(bjorn.name, 'Waiting');
});

const ENTER = `
  mutation Enter($input: EnterWaitingAreaInput!) {
    enterWaitingArea(input: $input) { token userErrors { message } }
  }`;

test('a wait screen that was never seen is not taken for somebody looking', async (t) => {
  const play = await stage(t);
  const key = await play.server.addKey('TEAM_MEMBER');
  const { enterWaitingArea } = await graphql(play.server, null, ENTER, {
    input: { clinicSlug: 'demo', name: amara.name, phone: amara.number, idempotencyKey: randomUUID() },
  });
  const link = `${play.server.origin}/w#${enterWaitingArea.token}`;
  const phone = await WaitScreen.openUnseen(await play.phone(), play.server, link);
  const isLooking = async () => (await callers(play.server, key))[amara.name].presence.isViewing;
  await until('the server knows that nobody is looking', async () => !(await isLooking()));
  await phone.show();
  await until('the server knows that somebody is looking', isLooking);
});

// What the phone shows of a recall while the app is away. The text message comes in any case.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from '../browser/harness/until.mjs';
import { PEOPLE, stage } from './harness/stage.mjs';

const { amara } = PEOPLE;

/** What the app keeps of somebody who wants notices, as the screen has it written down. */
function wanted({ sound }) {
  return { 'standby.notices': JSON.stringify({ is_wanted: true, sound, vibration: true }) };
}

/** The one notice that there is, once it is there. */
async function theNotice(desktop) {
  const notices = await until('there is a notice', async () => {
    const given = await desktop.notices();
    return given.length > 0 && given;
  });
  assert.equal(notices.length, 1);
  return notices[0];
}

for (const [choice, sound, hints] of [
  ['with a sound', true, { 'sound-name': 'message-new-instant' }],
  ['without one', false, { 'suppress-sound': true }],
]) {
  test(`a recall of a minimised app is shown, ${choice} as was chosen, until the app is seen`, async (t) => {
    const play = await stage(t);
    const { desktop, window } = await play.app(amara, { kept: wanted({ sound }) });
    await window.minimise();
    await play.shows(amara, 'OFFLINE');
    await play.recall(amara);
    const notice = await theNotice(desktop);
    assert.equal(notice.title, 'Demo Clinic');
    assert.equal(notice.text, 'It is nearly your turn. Please come back to the waiting area.');
    const { 'sound-name': name, 'suppress-sound': suppressed } = notice.hints;
    assert.deepEqual({ ...(name && { 'sound-name': name }), ...(suppressed && { 'suppress-sound': suppressed }) }, hints);
    await until('the notice is on the screen', async () => (await desktop.noticesOnScreen()) === 1);
    await window.restore();
    await play.shows(amara, 'WAITING');
    await until('the notice is gone', async () => (await desktop.noticesOnScreen()) === 0);
    assert.equal((await desktop.notices()).length, 1);
  });
}

test('what happens while the app is seen is shown by no notice', async (t) => {
  const play = await stage(t);
  const { desktop, window } = await play.app(amara, { kept: wanted({ sound: true }) });
  await play.cancel(amara);
  await window.titled(/^The clinic has ended your wait/);
  assert.deepEqual(await desktop.notices(), []);
});

test('who has not asked for notices gets none', async (t) => {
  const play = await stage(t);
  const { desktop, window } = await play.app(amara);
  await window.minimise();
  await play.shows(amara, 'OFFLINE');
  await play.recall(amara);
  await window.restore();
  await window.titled(/^Welcome back/);
  assert.deepEqual(await desktop.notices(), []);
});

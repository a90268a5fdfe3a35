// Notices of the browser while the page is not looked at: asked for after verification, as was chosen.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PEOPLE, stage } from './harness/stage.mjs';
import { until } from './harness/until.mjs';
import { WaitScreen } from './pages/wait-screen.mjs';

const { amara } = PEOPLE;

/** A caller in a browser that lets pages show notices; and those that were shown. */
async function callerWithNotices(play) {
  const browser = await play.phone();
  await browser.allowNotices(play.server.origin);
  const page = await browser.visit('about:blank');
  await page.addInitScript(() => {
    globalThis.notices = [];
    globalThis.Notification = class extends Notification {
      constructor(title, options) {
        super(title, options);
        globalThis.notices.push(this);
      }

      close() {
        this.isClosed = true;
        super.close();
      }
    };
  });
  await page.goto(`${play.server.origin}/c/demo`);
  const phone = new WaitScreen(browser, play.server, page);
  await phone.giveDetails(amara);
  await phone.says('You are waiting');
  const notices = () => page.evaluate(() => {
    return globalThis.notices.map(({ title, body, silent, isClosed = false }) => ({ title, body, silent, isClosed }));
  });
  return { phone, notices };
}

test('notices are offered once the number is verified, and tell of a recall while nobody looks', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const { phone, notices } = await callerWithNotices(play);
  const offer = phone.page.getByRole('heading', { name: 'Tell me on this device, too' });
  assert.equal(await offer.count(), 0, 'asked before the number is verified');
  await phone.verify(amara);
  await offer.waitFor();
  await phone.press('Show it on this device');
  await phone.tells('This device shows when it is nearly your turn');
  await phone.page.getByLabel('Sound').uncheck();

  await phone.hide();
  await staff.shows(amara.name, 'Offline');
  assert.deepEqual(await notices(), []);
  await staff.recall(amara.name);
  const [notice] = await until('there is a notice', async () => {
    const shown = await notices();
    return shown.length > 0 && shown;
  });
  const body = 'It is nearly your turn. Please come back to the waiting area.';
  assert.deepEqual(notice, { title: 'Demo Clinic', body, silent: true, isClosed: false });

  await phone.show();
  await staff.shows(amara.name, 'Waiting');
  await until('the notice is gone', async () => (await notices())[0].isClosed);
  assert.equal((await notices()).length, 1);
});

test('one on hold who looks elsewhere is shown that the provider is back', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const { phone, notices } = await callerWithNotices(play);
  await phone.verify(amara);
  await phone.press('Show it on this device');
  await phone.tells('This device shows when it is nearly your turn');
  await staff.join(amara.name);
  await phone.says('Ready to join');
  await staff.hold(amara.name);
  await phone.says('You are on hold');
  await phone.hide();
  assert.deepEqual(await notices(), []);
  await staff.join(amara.name);
  const [notice] = await until('there is a notice', async () => {
    const shown = await notices();
    return shown.length > 0 && shown;
  });
  assert.equal(notice.body, 'Your provider is ready for you.');
  await phone.show();
  await until('the notice is gone', async () => (await notices())[0].isClosed);
});

test('a question of the browser that was closed without an answer may be put again', async (t) => {
  const play = await stage(t);
  const { phone } = await callerWithNotices(play);
  await phone.verify(amara);
  await phone.page.evaluate(() => {
    const { requestPermission } = Notification;
    Notification.requestPermission = async () => {
      Notification.requestPermission = requestPermission;
      return 'default';
    };
  });
  await phone.press('Show it on this device');
  await phone.press('Show it on this device');
  await phone.tells('This device shows when it is nearly your turn');
});

test('who declines notices is asked no more, and gets none', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const { phone, notices } = await callerWithNotices(play);
  await phone.verify(amara);
  await phone.press('No, the text is enough');
  await phone.reload();
  await phone.maySetPhoneAside();
  assert.equal(await phone.page.getByRole('heading', { name: 'Tell me on this device, too' }).count(), 0);
  await phone.hide();
  await staff.shows(amara.name, 'Offline');
  await staff.recall(amara.name);
  await phone.texts.link();
  await phone.show();
  await phone.says('Welcome back');
  assert.deepEqual(await notices(), []);
});

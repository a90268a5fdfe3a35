// The whole story without a mouse, on both sides. At every stop the focus can be seen.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Keyboard } from './harness/keyboard.mjs';
import { PEOPLE, stage } from './harness/stage.mjs';
import { WaitScreen } from './pages/wait-screen.mjs';
import { Console } from './pages/console.mjs';

const { amara, bjorn } = PEOPLE;

/** Comes in by the clinic link. */
async function arrive(play, person, desk) {
  const browser = desk ?? (await play.desk());
  const page = await browser.visit(`${play.server.origin}/c/demo`);
  await page.getByLabel('Your name').waitFor();
  const keyboard = new Keyboard(page);
  await keyboard.to('textbox "Your name"');
  await keyboard.type(person.name);
  await keyboard.to('textbox "Mobile number');
  await keyboard.type(person.typed);
  // As in any form.
  await keyboard.press('Enter');
  await keyboard.isAt('heading "You are waiting"');
  return { keyboard, screen: new WaitScreen(browser, play.server, page) };
}

/** Verifies the number with the code that comes. */
async function verify({ keyboard, screen }, texts) {
  await keyboard.use('button "Send code"');
  await keyboard.isAt('textbox "Code"');
  await keyboard.type(await texts.code());
  await screen.maySetPhoneAside();
  await keyboard.isSomewhere();
}

/** Signs in, and steps over what is above the list. */
async function signIn(play) {
  const staff = await Console.signIn(await play.desk(), await play.server.signInLink());
  const keyboard = new Keyboard(staff.page);
  return { staff, keyboard };
}

/** Presses a button in the row of a caller. */
async function inRow(keyboard, word, { name }) {
  await keyboard.to(`button "${word}\\b`, { beside: name });
  // A row that has moved or changed just now takes no press: it was meant for what stood there before.
  await keyboard.page.locator(':focus').and(keyboard.page.locator('[data-settling="false"] *')).waitFor();
  await keyboard.press('Enter');
}

test('a caller is joined, and nobody has touched a mouse', async (t) => {
  const play = await stage(t);
  const caller = await arrive(play, amara);
  await verify(caller, play.texts(amara));
  const { screen, keyboard } = caller;
  const { staff, keyboard: desk } = await signIn(play);

  await screen.hide();
  await staff.shows(amara.name, 'Offline');
  await desk.use('link "Skip to content"');
  await desk.isAt('heading "Waiting area');
  await inRow(desk, 'Recall', amara);
  await staff.tells(amara.name, 'Recalled just now');
  await desk.isAt('button ');

  await screen.show();
  await staff.shows(amara.name, 'Waiting');
  await screen.says('Welcome back');
  const opened = staff.page.context().waitForEvent('page');
  await inRow(desk, 'Join', amara);
  const room = await opened;
  await staff.shows(amara.name, 'Being Seen');
  await room.close();
  await staff.browser.show(staff.page);

  const entered = screen.page.context().waitForEvent('page');
  await keyboard.use('link "Join your consultation"');
  await (await entered).waitForURL(/\/dev\/room\//);
  play.nothingLeaked([amara]);
});

test('the question whether to leave is answered by keyboard, and gone with Escape', async (t) => {
  const play = await stage(t);
  const { keyboard, screen } = await arrive(play, amara);
  await keyboard.use('button "Leave the waiting area"');
  await keyboard.isAt('heading "Leave the waiting area\\?"');
  await keyboard.press('Escape');
  await keyboard.isAt('button "Leave the waiting area"');
  await keyboard.press('Space');
  await keyboard.isAt('heading "Leave the waiting area\\?"');
  await keyboard.use('button "Leave now"');
  await keyboard.isAt('heading "You have left the waiting area"');
  await keyboard.use('button "Arrive again"');
  await keyboard.isAt('heading "Demo Clinic"');
  // With the details as they were.
  await keyboard.use('button "Join the waiting area"');
  await screen.says('You are waiting');
});

test('notices are turned on, off and on again by keyboard, and the focus stays with them', async (t) => {
  const play = await stage(t);
  const desk = await play.desk();
  await desk.allowNotices(play.server.origin);
  const caller = await arrive(play, amara, desk);
  await verify(caller, play.texts(amara));
  const { keyboard } = caller;
  await keyboard.use('button "Show it on this device"');
  await keyboard.isAt('region "This device shows when it is nearly your turn"');
  await keyboard.use('button "Turn this off"');
  await keyboard.isAt('button "Tell me on this device, too"');
  await keyboard.use('button "Tell me on this device, too"');
  await keyboard.isAt('region "This device shows when it is nearly your turn"');
});

test('the question of another link is answered by keyboard', async (t) => {
  const play = await stage(t);
  const { keyboard, screen } = await arrive(play, amara);
  const { screen: other } = await arrive(play, bjorn);
  await screen.openBeside(other.address());
  await keyboard.isAt('heading "Open the other link\\?"');
  await keyboard.use('button "Stay here"');
  await screen.says('You are waiting');
  await keyboard.isSomewhere();
  await keyboard.use('button "Leave the waiting area"');
});

test('another language is chosen by keyboard, and the choice keeps the focus', async (t) => {
  const play = await stage(t);
  const browser = await play.desk();
  const page = await browser.visit(`${play.server.origin}/c/demo`);
  await page.getByLabel('Your name').waitFor();
  const keyboard = new Keyboard(page);
  await keyboard.to('combobox "Language"');
  await keyboard.press('End');
  await page.getByRole('button', { name: 'Είσοδος στον χώρο αναμονής' }).waitFor();
  await keyboard.isAt('combobox "Γλώσσα"');
});

test('staff cancel a caller by keyboard; Escape keeps the caller, and the focus returns', async (t) => {
  const play = await stage(t);
  await play.caller(amara);
  await play.caller(bjorn);
  const { staff, keyboard } = await signIn(play);
  await staff.waitForOrder([amara.name, bjorn.name]);

  await inRow(keyboard, 'Cancel', amara);
  await staff.dialog.waitFor();
  await keyboard.isSomewhere();
  await keyboard.press('Escape');
  await staff.dialog.waitFor({ state: 'detached' });
  await keyboard.isAt('button "Cancel"', { beside: amara.name });

  await keyboard.press('Enter');
  await staff.dialog.waitFor();
  await keyboard.to('textbox "Reason');
  await keyboard.type('Seen at the desk');
  await keyboard.use('button "Cancel caller"');
  await staff.doesNotList(amara.name);
  await keyboard.isAt('heading "Waiting area');
  await keyboard.to('button "Join"', { beside: bjorn.name });
  await staff.isSettled(bjorn.name);
  await keyboard.press('Enter');
  await staff.shows(bjorn.name, 'Being Seen');
});

test('the activity of a caller is read and closed by keyboard', async (t) => {
  const play = await stage(t);
  await play.caller(amara);
  const { staff, keyboard } = await signIn(play);
  await inRow(keyboard, 'Activity', amara);
  await staff.dialog.getByText('Arrived').waitFor();
  // What is open keeps the keyboard: nothing beneath it is come to.
  for (let stop = 0; stop < 12; stop += 1) {
    await keyboard.next();
    const isBeneath = await staff.page.evaluate(() => {
      const { activeElement } = document;
      return activeElement !== document.body && !activeElement.closest('dialog');
    });
    assert.ok(!isBeneath, `beneath what is open: ${await keyboard.focused()}`);
  }
  await keyboard.press('Escape');
  await staff.dialog.waitFor({ state: 'detached' });
  await keyboard.isAt('button "Activity"', { beside: amara.name });
});

test('everything on a page is come to once, in the order in which it is read', async (t) => {
  const play = await stage(t);
  const browser = await play.desk();
  const page = await browser.visit(`${play.server.origin}/c/demo`);
  await page.getByLabel('Your name').waitFor();
  assert.deepEqual(await new Keyboard(page).around(), [
    'textbox "Your name"',
    'textbox "Mobile number (optional)"',
    'button "Join the waiting area"',
    'combobox "Language"',
  ]);

  const { screen, keyboard } = await arrive(play, amara);
  const stops = await keyboard.around();
  t.diagnostic(`the wait screen: ${stops.join(', ')}`);
  assert.deepEqual(stops.slice(-2), ['button "Leave the waiting area"', 'combobox "Language"']);
  assert.ok(stops.includes('button "Send code"'));
  await screen.says('You are waiting');

  const { keyboard: desk } = await signIn(play);
  const around = await desk.around();
  t.diagnostic(`the console: ${around.join(', ')}`);
  assert.equal(around[0], 'link "Skip to content"');
});

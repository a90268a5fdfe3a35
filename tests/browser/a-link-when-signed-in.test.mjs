// A sign-in link that is opened where somebody is signed in already: nobody works under another's name unasked.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stage } from './harness/stage.mjs';
import { Console } from './pages/console.mjs';

test('a link opened by somebody who is signed in asks first, and is good until they say yes', async (t) => {
  const play = await stage(t);
  const admin = await play.staff();
  await admin.configure('Team');
  const made = await admin.addTeamMember('Quality office', 'Reporter');
  const link = made.replace(/^https?:\/\/[^/]+/, play.server.origin);
  const own = await admin.page.evaluate(() => localStorage.getItem('standby.console.session'));

  await admin.page.goto(link);
  await admin.page.getByRole('heading', { name: /^You are signed in as / }).waitFor();
  assert.equal(new URL(admin.page.url()).hash, '', 'the token is in the address');
  await admin.page.getByRole('link', { name: 'Go to the waiting area' }).click();
  await admin.isLive();
  assert.equal(await admin.page.evaluate(() => localStorage.getItem('standby.console.session')), own);

  await admin.page.goto(link);
  await admin.page.getByRole('button', { name: 'Sign in with this link' }).click();
  await admin.isLive();
  assert.notEqual(await admin.page.evaluate(() => localStorage.getItem('standby.console.session')), own);

  // Where nobody is signed in, used links are refused at once and new ones used unasked.
  const other = new Console(await play.desk(), null);
  other.page = await other.browser.visit(link);
  await other.page.getByRole('heading', { name: 'This link no longer works' }).waitFor();
});

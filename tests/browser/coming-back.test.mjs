// What a caller sees who comes back: how it is, and never how it was.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PEOPLE, stage } from './harness/stage.mjs';
import { until } from './harness/until.mjs';

const { amara, bjorn } = PEOPLE;

test('who comes back while the server cannot be reached is not shown the place as it was', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  await play.caller(bjorn);
  const phone = await play.verifiedCaller(amara);
  assert.equal(await phone.place(), 2);
  await phone.hide();
  await staff.shows(amara.name, 'Offline');
  await staff.cancel(bjorn.name);
  await staff.doesNotList(bjorn.name);
  await play.server.kill();

  const headings = await phone.headings();
  await phone.show();
  await until('the page has painted', async () => (await headings()).length > 0);
  assert.doesNotMatch(await phone.page.locator('body').innerText(), /You are (number|next)/);
  await play.server.startAgain();
  await phone.says('You are waiting');
  assert.equal(await phone.place(), 1);
  // That it cannot be had at once may be said in between.
  const [first, ...then] = await headings();
  assert.equal(first, 'Getting the latest…');
  assert.equal(then.at(-1), 'You are waiting');
});

test('who was cancelled while away sees that first, and nothing of the wait that is over', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const phone = await play.verifiedCaller(amara);
  await phone.hide();
  await staff.shows(amara.name, 'Offline');
  await staff.cancel(amara.name);
  await staff.doesNotList(amara.name);
  const headings = await phone.headings();
  await phone.show();
  await phone.says('The clinic has ended your wait');
  assert.ok(!(await headings()).includes('You are waiting'), (await headings()).join(', '));
});

test('who answered a recall is not sent away again for having looked elsewhere', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const phone = await play.verifiedCaller(amara);
  await phone.hide();
  await staff.shows(amara.name, 'Offline');
  await staff.recall(amara.name);
  await phone.texts.link();
  await phone.show();
  await phone.says('Welcome back');
  await staff.shows(amara.name, 'Waiting');

  const headings = await phone.headings();
  await phone.hide();
  await staff.shows(amara.name, 'Offline');
  await phone.show();
  await staff.shows(amara.name, 'Waiting');
  await phone.says('Welcome back');
  assert.doesNotMatch(await phone.page.locator('body').innerText(), /You can put your phone away/);
  assert.ok(!(await headings()).includes('You are waiting'), (await headings()).join(', '));
});

// Pages that a browser has seen before.

import { test } from 'node:test';

import { PEOPLE, stage } from './harness/stage.mjs';

const { amara } = PEOPLE;

// A browser asks whether the page it kept is still good; the answer's headers replace those it kept.
test('a page that is visited a second time works as it did the first time', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  await staff.page.goto(`${play.server.origin}/console`);
  await staff.isLive();
  await staff.page.goto(`${play.server.origin}/console`);
  await staff.isLive();

  const phone = await play.caller(amara);
  const link = phone.page.url();
  for (const _ of ['a second time', 'a third time']) {
    await phone.page.goto('about:blank');
    await phone.page.goto(link);
    await phone.says('You are waiting');
  }
});

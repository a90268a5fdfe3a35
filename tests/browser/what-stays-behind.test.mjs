// What a stay leaves in the browser: a phone is lent, lost and sold.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PEOPLE, stage } from './harness/stage.mjs';
import { until } from './harness/until.mjs';

const { amara } = PEOPLE;

/** Everything that the browser keeps of the site, in one text. */
function kept(screen) {
  return screen.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
}

for (const [end, act, heading] of [
  ['staff cancel', ({ staff }) => staff.cancel(amara.name), 'The clinic has ended your wait'],
  ['the caller leaves', ({ phone }) => phone.leave(), 'You have left the waiting area'],
  ['it is completed', async ({ staff }) => {
    await staff.join(amara.name);
    await staff.complete(amara.name);
  }, 'Your consultation has ended'],
]) {
  test(`when the stay ends, nothing of it stays in the browser: ${end}`, async (t) => {
    const play = await stage(t);
    const staff = await play.staff();
    const phone = await play.verifiedCaller(amara);
    const token = new URL(phone.address()).hash.slice(1);
    const before = await kept(phone);
    assert.ok(before.includes(amara.name) && before.includes(token), 'nothing was kept in the first place');
    await act({ staff, phone });
    await phone.says(heading);
    const own = [amara.name, amara.typed, amara.number, amara.number.slice(3), token];
    await until('the browser has forgotten', async () => {
      const after = await kept(phone);
      assert.deepEqual(own.filter((words) => after.includes(words)), []);
      return true;
    });
    // The page that is still open offers to arrive again with the details; opened again, it knows of none.
    await phone.arriveAgain();
    const name = phone.page.getByLabel('Your name');
    assert.equal(await name.inputValue(), amara.name);
    await phone.page.goto('about:blank');
    await phone.page.goto(`${play.server.origin}/c/demo`);
    assert.equal(await name.inputValue(), '');
  });
}

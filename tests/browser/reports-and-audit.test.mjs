// What a clinic learns of its days, who looked at what, and what is erased.

import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { PEOPLE, stage } from './harness/stage.mjs';
import { until } from './harness/until.mjs';

const { amara, bjorn } = PEOPLE;

/** The row of today in the table by day, by the names of its columns. */
async function today(page) {
  const table = page.getByRole('region', { name: 'By day' }).getByRole('table');
  const names = await table.getByRole('columnheader').allInnerTexts();
  const cells = await table.locator('tbody tr').first().locator('th, td').allInnerTexts();
  return Object.fromEntries(names.map((name, at) => [name.replace(/\s+/g, ' '), cells[at].trim()]));
}

/** The file that the browser kept in a folder: its name and its text. */
async function downloaded(folder) {
  const name = await until('a file is kept', async () => (await readdir(folder)).find((file) => file.endsWith('.csv')));
  return { name, text: await readFile(join(folder, name), 'utf8') };
}

test('a day’s stays are in the report and in the file, without anybody’s name or number', async (t) => {
  const play = await stage(t);
  const staff = await play.staff();
  const phone = await play.verifiedCaller(amara);
  await phone.hide();
  await staff.shows(amara.name, 'Offline');
  await staff.recall(amara.name);
  await phone.texts.link();
  await phone.show();
  await staff.shows(amara.name, 'Waiting');
  await staff.join(amara.name);
  await staff.complete(amara.name);
  await staff.doesNotList(amara.name);
  const other = await play.caller(bjorn);
  await staff.shows(bjorn.name, 'Waiting');
  await other.leave();
  await staff.doesNotList(bjorn.name);

  // Figures of stays that have ended are taken once a minute, and when the server starts.
  await play.server.kill();
  await play.server.startAgain();
  await staff.isLive();
  // A browser that tried meanwhile found nobody, and said so.
  staff.browser.complaints.length = 0;
  await staff.reports();
  const { page } = staff;
  await page.getByRole('button', { name: 'Today' }).click();
  await until('today is in the report', async () => (await today(page)).Arrived === '2');
  const row = await today(page);
  assert.deepEqual(
    [row.Completed, row.Left, row['Stepped away'], row.Recalls, row.Answered, row['No-shows']],
    ['1', '1', '1', '1', '1', '0'],
  );
  assert.equal(row['Median wait'], '<1');

  const folder = await staff.browser.keepDownloads(page);
  await page.getByRole('button', { name: 'Download CSV' }).click();
  await page.getByText('The file is among your downloads.').waitFor();
  const { name, text } = await downloaded(folder);
  assert.match(name, /^demo-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.csv$/);
  assert.match(text, /^date,timeZone,arrived,completed,/);
  for (const content of [text, await page.content()]) {
    for (const person of [amara, bjorn]) {
      assert.ok(!content.includes(person.name) && !content.includes(person.number.slice(3)));
    }
  }

  await page.getByRole('button', { name: '30 days' }).click();
  await until('thirty days are shown', async () => {
    return (await page.getByRole('region', { name: 'By day' }).locator('tbody tr').count()) === 30;
  });
  await page.getByRole('img', { name: /^Callers a day: 2 at most/ }).waitFor();

  // Days that are none are said to be none, and nothing is asked.
  await page.getByLabel('From', { exact: true }).fill('2999-01-01');
  await page.getByText('The first day is after the last.').waitFor();
  assert.ok(await page.getByRole('button', { name: 'Download CSV' }).isDisabled());
  play.nothingLeaked([amara, bjorn]);
});

test('the audit log tells who looked and who did, and can be narrowed to one of them', async (t) => {
  const play = await stage(t);
  const admin = await play.staff();
  await play.caller(amara);
  await admin.shows(amara.name, 'Waiting');
  await admin.join(amara.name);
  const { page } = admin;
  await admin.browser.allowClipboard(play.server.origin);
  await admin.row(amara.name).getByRole('button', { name: /^Activity/ }).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByRole('button', { name: 'Copy the caller id' }).click();
  await drawer.getByText('Copied').waitFor();
  const callerId = await page.evaluate(() => navigator.clipboard.readText());
  await drawer.getByText(callerId, { exact: true }).waitFor();
  await page.keyboard.press('Escape');
  await admin.configure('API keys');
  const key = await admin.makeKey('Ward display', { role: 'Reporter' });
  const response = await fetch(`${play.server.origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query: '{ clinic(slug: "demo") { waitingArea { callers(first: 5) { totalCount } } } }' }),
  });
  assert.equal((await response.json()).data.clinic.waitingArea.callers.totalCount, 1);

  await admin.configure('Audit log');
  const entries = page.getByRole('region', { name: 'Today' }).getByRole('listitem');
  await entries.first().waitFor();
  const texts = async () => (await entries.allInnerTexts()).join('\n');
  const all = await entries.count();
  assert.ok(all >= 4, 'signed in, looked, joined, made a key');
  assert.ok(!(await texts()).includes(amara.name), 'a caller’s name is in the audit log');
  assert.match(await texts(), /Made an API key: Ward display/);
  assert.ok((await texts()).includes(callerId), 'the caller’s id is not in the audit log');

  await page.getByLabel('Show').selectOption({ label: 'Ward display' });
  await until('only the key is shown', async () => (await entries.count()) < all);
  for (const entry of await entries.allInnerTexts()) assert.match(entry, /Ward display/);
  await page.getByLabel('Show').selectOption({ label: 'Everybody' });
  await until('everybody is shown', async () => (await entries.count()) === all);
});

test('details of a caller whose stay has ended are erased when the clinic says so, and the console tells', async (t) => {
  const play = await stage(t);
  const admin = await play.staff();
  const { page } = admin;
  await admin.configure('Waiting Area');
  const privacy = page.getByRole('region', { name: 'Privacy' });
  await privacy.getByLabel('Erase callers’ details').selectOption({ label: 'At once, within seconds of the end' });
  await admin.save();
  await admin.waitingArea();
  const phone = await play.caller(amara);
  await admin.shows(amara.name, 'Waiting');
  await phone.leave();
  await admin.doesNotList(amara.name);
  await until(
    'the name is gone from the console',
    async () => {
      await page.reload();
      await admin.isLive();
      await page.getByText(/^Ended lately/).click();
      const ended = page.getByRole('listitem').filter({ hasText: 'Left at' });
      return /^Details erased/.test(await ended.first().innerText()) && !(await page.content()).includes(amara.name);
    },
    { within: 45_000 },
  );
  await page.getByRole('button', { name: /^Activity/ }).click();
  await page.getByRole('dialog').getByText(/were erased at/).waitFor();
});

test('an admin erases the details of a caller whose stay has ended, after a question', async (t) => {
  const play = await stage(t);
  const admin = await play.staff();
  const { page } = admin;
  const phone = await play.caller(amara);
  await admin.shows(amara.name, 'Waiting');
  await phone.leave();
  await admin.doesNotList(amara.name);
  await page.getByText('Ended lately (1)').click();
  const ended = page.getByRole('listitem').filter({ hasText: 'Left at' });
  await ended.getByRole('button', { name: /^Activity/ }).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByRole('button', { name: 'Erase details now' }).click();
  await drawer.getByRole('button', { name: 'Keep them' }).click();
  await drawer.getByRole('button', { name: 'Erase details now' }).click();
  await drawer.getByRole('button', { name: 'Erase', exact: true }).click();
  // By whom stands in the audit log, and not here.
  await drawer.getByText(/were erased at \d\d:\d\d\. What happened/).waitFor();
  assert.ok(!(await page.content()).includes(amara.name));
  await page.keyboard.press('Escape');
  await ended.getByText('Details erased').waitFor();
  await admin.configure('Audit log');
  const log = page.getByRole('region', { name: 'Today' });
  await log.getByText(/[Ee]rased/).waitFor();
});

test('a time until erasing is typed in hours or minutes, and a time zone is chosen or taken from the browser', async (t) => {
  const play = await stage(t);
  const admin = await play.staff();
  const { page } = admin;
  await admin.configure('Waiting Area');
  const privacy = page.getByRole('region', { name: 'Privacy' });
  await privacy.getByLabel('Erase callers’ details').selectOption({ label: 'After a time of your own…' });
  await privacy.getByLabel('How many').fill('25');
  await privacy.getByLabel('Minutes or hours').selectOption('hours');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText(/^Not saved: Privacy/).waitFor();
  const number = privacy.getByLabel('How many');
  await until('the field has the keyboard', () => number.evaluate((element) => element === document.activeElement));
  await number.fill('2');
  const time = page.getByRole('region', { name: 'Time' });
  await time.getByLabel('Time zone').fill('Nowhere/City');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText(/^Not saved: Time zone/).waitFor();
  await time.getByLabel('Time zone').fill('Australia/Melbourne');
  await time.getByText(/It is \d\d:\d\d there now/).waitFor();
  await admin.save();
  await page.reload();
  await until('it was saved', async () => (await number.inputValue()) === '2');
  assert.equal(await time.getByLabel('Time zone').inputValue(), 'Australia/Melbourne');
  await admin.reports();
  await page.getByText(/Days are those of Australia\/Melbourne/).waitFor();
});

// A clinic's own words for a recall: seen as they will reach a phone while they are typed, and sent so.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PEOPLE, stage } from './harness/stage.mjs';
import { until } from './harness/until.mjs';

test('an admin sees the recall as it will reach a phone, saves it, and the caller gets it so', async (t) => {
  const play = await stage(t);
  const console = await play.staff();
  const { page } = console;
  await page.getByRole('link', { name: 'Configure' }).click();
  const section = page.getByRole('region', { name: 'Texts' });
  const words = section.getByLabel('Recall', { exact: true });
  const shown = section.getByRole('group', { name: 'As they reach a phone' });
  const bubble = shown.locator('.bubble').first();

  await shown.getByText('1 text').first().waitFor();
  assert.match(await words.inputValue(), /\{link\}$/);
  assert.match(await bubble.innerText(), /\/w#\*{23}$/);
  await shown.getByText(/\*{6} is your code/).waitFor();

  // What cannot be is said at the field while it is typed, and nothing is saved of it.
  await words.fill('See evil.example: {link}');
  await section.getByText(/“evil\.example” for a link/).waitFor();
  assert.equal(await words.getAttribute('aria-invalid'), 'true');
  await words.fill('Come back, it’s your turn: {link}');
  await shown.getByText(/“’” is not in the short alphabet/).waitFor();
  await section.getByText(/for a link/).waitFor({ state: 'detached' });

  await words.fill('Bitte zurück zur Wartezone:\n{link}');
  await until('the preview is of what was typed', async () =>
    (await bubble.innerText()).startsWith('Bitte zurück zur Wartezone:\nhttp'),
  );
  const preview = await bubble.innerText();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved', { exact: true }).waitFor();

  await page.getByRole('link', { name: 'Waiting area', exact: true }).click();
  await console.isLive();
  const screen = await play.verifiedCaller(PEOPLE.amara);
  await screen.hide();
  await console.shows(PEOPLE.amara.name, 'Offline');
  await console.recall(PEOPLE.amara.name);
  const text = await until('the text is on the phone', async () =>
    (await play.texts(PEOPLE.amara).messages()).find(({ body }) => body.startsWith('Bitte')),
  );
  assert.equal(text.body.replace(/(?<=\/w#)[\w-]+/, '*'.repeat(23)), preview);

  // Back to the usual words.
  await page.getByRole('link', { name: 'Configure' }).click();
  await section.getByRole('button', { name: 'Use the usual words' }).click();
  await until('the usual words are shown', async () => (await bubble.innerText()).startsWith('It is nearly'));
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved', { exact: true }).waitFor();
  assert.equal(await section.getByRole('button', { name: 'Use the usual words' }).count(), 0);
  play.nothingLeaked([PEOPLE.amara]);
});

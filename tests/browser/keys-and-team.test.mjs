// Who has access: API keys and team members, made, changed and shut out in the console.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { graphql } from './harness/graphql.mjs';
import { PEOPLE, stage } from './harness/stage.mjs';
import { until } from './harness/until.mjs';
import { Console } from './pages/console.mjs';

/** How soon whoever was shut out is to be out: the product's figure is 5 s; one more for this machine. Milliseconds. */
const SHUT_OUT = 6_000;

/** The role of whoever holds a key or session; null when nobody does. */
async function roleOf(server, bearer) {
  const response = await fetch(`${server.origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
    body: JSON.stringify({ query: '{ viewer { __typename ... on ApiClient { name role } } }' }),
  });
  if (response.status === 401) return null;
  const { viewer } = (await response.json()).data;
  return viewer.__typename === 'ApiClient' ? viewer : null;
}

test('a key is shown once, opens what its role opens, and nothing once it is revoked', async (t) => {
  const play = await stage(t);
  const admin = await play.staff();
  await admin.configure('API keys');
  await admin.page.getByRole('heading', { name: 'No key is in use' }).waitFor();

  // Without a name: said at the field, which has the keyboard.
  await admin.page.getByRole('button', { name: 'Make a key' }).click();
  await admin.dialog.getByRole('button', { name: 'Make the key' }).click();
  const name = admin.dialog.getByLabel('Name');
  await until('the name is said to be wrong', async () => (await name.getAttribute('aria-invalid')) === 'true');
  await until('the name has the keyboard', () => name.evaluate((element) => element === document.activeElement));
  await admin.page.keyboard.press('Escape');
  await admin.dialog.waitFor({ state: 'detached' });

  const key = await admin.makeKey('Ward display', { role: 'Reporter', expiry: '30 days' });
  assert.deepEqual(await roleOf(play.server, key), { __typename: 'ApiClient', name: 'Ward display', role: 'REPORTER' });
  const entry = admin.entry('Ward display');
  await entry.getByText('Works', { exact: true }).waitFor();
  assert.ok(!(await admin.page.content()).includes(key), 'the key is still on the page');

  // Uses are written down every few seconds, and told when the page is opened again.
  await until(
    'the page tells that the key was used',
    async () => {
      await admin.configure('Team');
      await admin.configure('API keys');
      await entry.waitFor();
      return /just now/.test(await entry.innerText());
    },
    { within: 75_000 },
  );

  await entry.getByRole('button', { name: 'Revoke Ward display' }).click();
  await admin.dialog.getByRole('button', { name: 'Revoke' }).click();
  await admin.page.getByText('The key “Ward display” was revoked. It no longer works.').waitFor();
  await until('the key opens nothing', async () => (await roleOf(play.server, key)) === null, { within: SHUT_OUT });
  await admin.page.getByText('Revoked and expired (1)').click();
  await entry.getByText('Revoked', { exact: true }).first().waitFor();
  play.nothingLeaked([], [key]);
});

test('a double click makes one key', async (t) => {
  const play = await stage(t);
  const admin = await play.staff();
  await admin.configure('API keys');
  await admin.page.getByRole('button', { name: 'Make a key' }).click();
  await admin.dialog.getByLabel('Name').fill('Ward display');
  await admin.dialog.getByRole('button', { name: 'Make the key' }).dblclick();
  await admin.seenOnce('API key');
  await admin.page.reload();
  await admin.entry('Ward display').first().waitFor();
  assert.equal(await admin.entry('Ward display').count(), 1);
});

test('what is shown once can be copied, and a slip on Escape does not lose it', async (t) => {
  const play = await stage(t);
  const admin = await play.staff();
  await admin.browser.allowClipboard(play.server.origin);
  await admin.configure('API keys');
  await admin.page.getByRole('button', { name: 'Make a key' }).click();
  await admin.dialog.getByLabel('Name').fill('Ward display');
  await admin.page.keyboard.press('Enter');
  const shown = admin.dialog.getByLabel('API key', { exact: true });
  await shown.waitFor();
  await admin.page.keyboard.press('Escape');
  const key = (await shown.innerText()).trim();
  await admin.dialog.getByRole('button', { name: 'Copy' }).click();
  await admin.dialog.getByText('Copied').waitFor();
  assert.equal(await admin.page.evaluate(() => navigator.clipboard.readText()), key);
  await admin.page.keyboard.press('Escape');
  await admin.dialog.waitFor({ state: 'detached' });
});

test('a new team member signs in by the link, acts, and is out within seconds when removed', async (t) => {
  const play = await stage(t);
  const admin = await play.staff();
  await play.caller(PEOPLE.amara);
  await admin.configure('Team');
  const link = await admin.addTeamMember('Front desk');
  const token = link.split('#')[1];
  assert.ok(token, 'the link has its token in the fragment');

  const desk = await Console.signIn(await play.desk(), link.replace(/^https?:\/\/[^/]+/, play.server.origin));
  await desk.shows(PEOPLE.amara.name, 'Waiting');
  assert.deepEqual(await desk.offers(PEOPLE.amara.name), ['Join', 'Cancel']);
  assert.equal(await desk.page.getByRole('link', { name: 'Configure' }).count(), 0);

  // Their session is told to the admin.
  await admin.page.reload();
  const entry = admin.entry('Front desk');
  await entry.getByText('Signed in at 1 place').waitFor();

  await entry.getByRole('button', { name: 'Remove Front desk' }).click();
  await admin.dialog.getByRole('button', { name: 'Remove from the team' }).click();
  await admin.page.getByText('Front desk is no longer on the team').waitFor();
  assert.equal(await entry.count(), 0);
  await desk.page.getByRole('heading', { name: 'Your session has ended' }).waitFor({ timeout: SHUT_OUT });
  play.nothingLeaked([PEOPLE.amara], [token]);
});

test('whoever gets another role goes on with it within seconds, without signing in again', async (t) => {
  const play = await stage(t);
  const admin = await play.staff();
  await play.caller(PEOPLE.amara);
  await admin.configure('Team');
  const link = await admin.addTeamMember('Front desk');
  const desk = await Console.signIn(await play.desk(), link.replace(/^https?:\/\/[^/]+/, play.server.origin));
  await desk.shows(PEOPLE.amara.name, 'Waiting');
  await admin.entry('Front desk').getByRole('button', { name: 'Change Front desk' }).click();
  await admin.dialog.getByLabel('Role').selectOption({ label: 'Reporter' });
  await admin.dialog.getByRole('button', { name: 'Save' }).click();
  await until('the desk only reads', async () => (await desk.offers(PEOPLE.amara.name)).length === 0, { within: SHUT_OUT });
  await desk.isLive();
  await desk.shows(PEOPLE.amara.name, 'Waiting');
});

test('a session that an admin ends is over within seconds, and the others are not', async (t) => {
  const play = await stage(t);
  const admin = await play.staff();
  await admin.configure('Team');
  const link = await admin.addTeamMember('Front desk');
  const here = (address) => address.replace(/^https?:\/\/[^/]+/, play.server.origin);
  const desk = await Console.signIn(await play.desk(), here(link));
  const entry = admin.entry('Front desk');
  await entry.getByRole('button', { name: 'Sign-in link for Front desk' }).click();
  await admin.dialog.getByText(/It works once, until .+, \d\d:\d\d\.$/).waitFor();
  const another = await Console.signIn(await play.desk(), here(await admin.seenOnce('Sign-in link')));

  await admin.configure('API keys');
  await admin.configure('Team');
  await entry.getByText('Signed in at 2 places').click();
  // The one opened last stands first or last: whichever is ended, one stays.
  await entry.getByRole('button', { name: 'Sign out Front desk there' }).first().click();
  await entry.getByText('Signed in at 1 place').waitFor();
  const ended = (console) => console.page.getByRole('heading', { name: 'Your session has ended' }).count();
  const count = async () => (await ended(desk)) + (await ended(another));
  await until('one of the two is signed out', async () => (await count()) === 1, { within: SHUT_OUT });
  await admin.page.getByText('Signed out there.').waitFor();
  assert.equal(await count(), 1);
});

test('a name and a role are changed, and what may not be is said in words', async (t) => {
  const play = await stage(t);
  const admin = await play.staff();
  await admin.configure('Team');
  await admin.addTeamMember('Front desk');
  await admin.entry('Front desk').getByRole('button', { name: 'Change Front desk' }).click();
  await admin.dialog.getByLabel('Name').fill('Quality office');
  await admin.dialog.getByLabel('Role').selectOption({ label: 'Reporter' });
  await admin.dialog.getByRole('button', { name: 'Save' }).click();
  await admin.page.getByText('Quality office was changed.').waitFor();
  await admin.entry('Quality office').getByText(/^Reporter/).waitFor();

  // Nobody is offered to remove themself, nor to change their own role.
  const own = admin.page.getByRole('listitem').filter({ hasText: 'You' }).first();
  assert.equal(await own.getByRole('button', { name: /^Remove/ }).count(), 0);
  await own.getByRole('button', { name: /^Change/ }).click();
  assert.equal(await admin.dialog.getByLabel('Role').count(), 0);
  await admin.dialog.getByRole('button', { name: 'Cancel' }).click();

  // A name that is taken.
  await admin.page.getByRole('button', { name: 'Add a team member' }).click();
  await admin.dialog.getByLabel('Name').fill('Quality office');
  await admin.dialog.getByRole('button', { name: 'Add and make a sign-in link' }).click();
  await admin.dialog.locator('.wrong').waitFor();
  await admin.dialog.getByRole('button', { name: 'Cancel' }).click();
});

test('a reporter sees the reports and nothing of Configure', async (t) => {
  const play = await stage(t);
  const admin = await play.staff();
  await admin.configure('Team');
  const link = await admin.addTeamMember('Quality office', 'Reporter');
  const reporter = await Console.signIn(await play.desk(), link.replace(/^https?:\/\/[^/]+/, play.server.origin));
  await reporter.reports();
  await reporter.page.getByRole('heading', { name: 'Nobody arrived' }).waitFor();
  for (const [path, words] of [
    ['team', 'Only clinic admins see the team.'],
    ['keys', 'Only clinic admins see the API keys.'],
    ['webhooks', 'Only clinic admins see the webhooks.'],
    ['audit-log', 'Only clinic admins read the audit log.'],
  ]) {
    await reporter.page.goto(`${play.server.origin}/console/configure/${path}`);
    await reporter.page.getByText(words).waitFor();
  }
});

test('the pages of Configure are reached and used by the keyboard alone', async (t) => {
  const play = await stage(t);
  const admin = await play.staff();
  const { page } = admin;
  await page.goto(`${play.server.origin}/console/configure/keys`);
  await page.getByRole('button', { name: 'Make a key' }).focus();
  await page.keyboard.press('Enter');
  const focused = () => page.evaluate(() => document.activeElement.id);
  await until('the name has the keyboard', async () => (await focused()) === 'key-name');
  await page.keyboard.type('Ward display');
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'key-role');
  await page.keyboard.press('Escape');
  await until('the button has the keyboard again', async () => (await focused()) === 'add-key');
  const { clinic } = await graphql(play.server, await play.server.addKey('CLINIC_ADMIN'), '{ clinic(slug: "demo") { apiClients { name } } }');
  assert.equal(clinic.apiClients, null, 'a key sees no keys');
});

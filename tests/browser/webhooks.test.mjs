// Webhooks as a clinic admin sets them up: what is sent, what became of it, sent again, switched off.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { test } from 'node:test';

import { PEOPLE, stage } from './harness/stage.mjs';
import { until } from './harness/until.mjs';

/** The receiver of these tests runs on the same machine. */
const SETTINGS = { STANDBY_WEBHOOKS_TO_PRIVATE_ADDRESSES: 'on' };

/** Somebody else's system. It answers `status` to whatever it is sent. */
async function receiver(t) {
  const state = { status: 204, deliveries: [] };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part;
    state.deliveries.push({ headers: request.headers, body });
    response.writeHead(state.status).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  state.url = `http://127.0.0.1:${server.address().port}/events`;
  return state;
}

/** Whether a delivery is signed with a secret, by the Standard Webhooks convention. */
function isSigned({ headers, body }, secret) {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const signature = createHmac('sha256', key).update(content).digest('base64');
  return headers['webhook-signature'].split(' ').includes(`v1,${signature}`);
}

async function addWebhook(admin, url, { without = [] } = {}) {
  await admin.page.getByRole('button', { name: 'Add a webhook' }).click();
  await admin.dialog.getByLabel('Address').fill(url);
  for (const event of without) await admin.dialog.getByLabel(event).uncheck();
  await admin.dialog.getByRole('button', { name: 'Add and make a secret' }).click();
  return await admin.seenOnce('Signing secret');
}

test('a webhook is told what happens, signed with the secret that was shown once', async (t) => {
  const play = await stage(t, SETTINGS);
  const system = await receiver(t);
  const admin = await play.staff();
  await admin.configure('Webhooks');
  const secret = await addWebhook(admin, system.url, { without: ['Caller changed'] });
  assert.match(secret, /^whsec_/);

  await play.caller(PEOPLE.amara);
  const arrived = await until('the arrival is delivered', () =>
    system.deliveries.find(({ body }) => JSON.parse(body).type === 'caller.arrived'),
  );
  assert.ok(isSigned(arrived, secret));
  assert.ok(!arrived.body.includes(PEOPLE.amara.name) && !arrived.body.includes(PEOPLE.amara.number.slice(3)));

  // What became of it is seen without loading anything again.
  const entry = admin.entry(system.url);
  await entry.getByText('Latest deliveries (1)').click();
  await entry.getByText('Delivered', { exact: true }).waitFor();
  await entry.getByText(/1 attempt · answered 204/).waitFor();

  // Once more, under the same id.
  await entry.getByRole('button', { name: /^Redeliver: Caller arrived/ }).click();
  await admin.page.getByText('The event is sent again.').waitFor();
  await until('it is delivered again', () => system.deliveries.length === 2);
  assert.equal(system.deliveries[1].headers['webhook-id'], arrived.headers['webhook-id']);

  // A new secret: the old one signs beside it.
  await entry.getByRole('button', { name: `New secret for ${system.url}` }).click();
  await admin.dialog.getByRole('button', { name: 'Make a new secret' }).click();
  const next = await admin.seenOnce('Signing secret');
  assert.notEqual(next, secret);
  await play.caller(PEOPLE.bjorn);
  await until('the next arrival is delivered', () => system.deliveries.length === 3);
  assert.ok(isSigned(system.deliveries[2], next) && isSigned(system.deliveries[2], secret));
  play.nothingLeaked([PEOPLE.amara, PEOPLE.bjorn], [secret, next]);
});

test('a delivery that fails is tried again, and the page tells why', async (t) => {
  const play = await stage(t, SETTINGS);
  const system = await receiver(t);
  system.status = 503;
  const admin = await play.staff();
  await admin.configure('Webhooks');
  await addWebhook(admin, system.url);
  await play.caller(PEOPLE.amara);
  const entry = admin.entry(system.url);
  const fails = entry.getByText(/^Not getting through since today, \d\d:\d\d, trying again · 1 event waits$/);
  await fails.waitFor();
  await entry.getByText(/^Latest deliveries/).click();
  await entry.getByText('Trying again', { exact: true }).first().waitFor();
  await entry.getByText(/answered 503/).first().waitFor();
  system.status = 200;
  await until('it is delivered in the end', async () => (await entry.getByText('Delivered', { exact: true }).count()) > 0, {
    within: 60_000,
  });
  await fails.waitFor({ state: 'detached' });
});

test('nothing is sent to a webhook that is switched off or removed', async (t) => {
  const play = await stage(t, SETTINGS);
  const [first, second] = [await receiver(t), await receiver(t)];
  const admin = await play.staff();
  await admin.configure('Webhooks');
  await addWebhook(admin, first.url);
  await addWebhook(admin, second.url);
  const off = admin.entry(first.url).getByRole('switch', { name: 'Send events' });
  await off.uncheck();
  await admin.page.reload();
  await until('it is switched off', async () => !(await off.isChecked()));
  await play.caller(PEOPLE.amara);
  await until('the other is told', () => second.deliveries.length > 0);
  assert.equal(first.deliveries.length, 0);

  await admin.entry(second.url).getByRole('button', { name: `Remove ${second.url}` }).click();
  await admin.dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await admin.page.getByText('The webhook was removed.').waitFor();
  assert.equal(await admin.entry(second.url).count(), 0);
  await admin.entry(first.url).waitFor();
});

test('an address that is not on the public internet is refused at its field', async (t) => {
  const play = await stage(t);
  const admin = await play.staff();
  await admin.configure('Webhooks');
  await admin.page.getByRole('heading', { name: 'No webhooks' }).waitFor();
  await admin.page.getByRole('button', { name: 'Add a webhook' }).click();
  const address = admin.dialog.getByLabel('Address');
  for (const url of ['https://127.0.0.1/events', 'http://hooks.example.org/', 'https://169.254.169.254/latest', 'x']) {
    await address.fill(url);
    assert.equal(await address.getAttribute('aria-invalid'), 'false');
    await admin.dialog.getByRole('button', { name: 'Add and make a secret' }).click();
    await until(`${url} is refused`, async () => (await address.getAttribute('aria-invalid')) === 'true');
  }
  await address.fill('https://hooks.example.org/');
  for (const event of ['Caller arrived', 'Caller changed', 'Caller ended', 'Recall delivered']) {
    await admin.dialog.getByLabel(event).uncheck();
  }
  await admin.dialog.getByRole('button', { name: 'Add and make a secret' }).click();
  await admin.dialog.locator('#webhook-events-wrong').waitFor();
});

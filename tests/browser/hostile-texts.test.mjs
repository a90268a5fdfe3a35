// Whatever anybody writes is shown as it was written: nothing of it is ever run, becomes markup, or reaches into what
// stands beside it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { graphql } from './harness/graphql.mjs';
import { stage } from './harness/stage.mjs';
import { until } from './harness/until.mjs';
import { Console } from './pages/console.mjs';
import { FakeTwilio } from '../twilio/harness.mjs';

/** Each would do something somewhere if it were taken for more than text. All are texts that can be entered. */
const MARKUP = [
  '<script>canary("script")</script>',
  '<img src=x onerror=canary("img")>',
  '"><svg/onload=canary("svg")>',
  `' onmouseover='canary("attribute")' autofocus onfocus='canary("focus")`,
  '</title></textarea></style></script><b>bold</b>',
  'javascript:canary("address")',
  '{{canary("template")}} ${canary("literal")} {name} %s',
  '<iframe srcdoc="<script>parent.canary(1)</script>"></iframe>',
  '&lt;b&gt;&#60;i&#62;&amp;amp;',
  '<style>*{display:none}</style><base href=//evil.example>',
];
const FORMULA = '=HYPERLINK("https://evil.example","A")';
const RIGHT_TO_LEFT = 'نورا حدّاد (5) 12:30';
const JOINED = 'رضا می\u200cخواهم';
const FAMILY = '👩‍👩‍👧‍👦 🏳️‍🌈 Zoë';
/** Marks that pile up over and under a letter, as far as a name may be long. */
const PILE = `Z${'\u0310\u0323\u0489\u031a'.repeat(40)}`;
const LONG = 'W'.repeat(120);
const NAMES = [...MARKUP, FORMULA, RIGHT_TO_LEFT, JOINED, FAMILY, LONG];

/** As the server keeps it: a run of white space is one blank. */
const CLINIC = `Clinic ${MARKUP[0]} ${MARKUP[1]}`;
const MEMBER = `Kim ${MARKUP[2]}`;
const TOOL = `Tool ${MARKUP[1]}`;
const LABEL = `Why? ${MARKUP[1]} ${RIGHT_TO_LEFT}`;
const CONSENT = `I agree ${MARKUP.join(' ')}`;
const REASON = `No. ${MARKUP[1]} ${RIGHT_TO_LEFT}`;
const REPLIES = { coming: '<b>1</b>', later: '"><i>2', leaving: "'3'&amp;" };
const RECALL = 'Come back <img src=x onerror=canary(1)> & "now" {link}';
const ROOM = "https://video.example/'-canary(1)-'/{room}?x=1&y='onclick='canary(2)";

/** Runs `standby` with these arguments on the server's data, and returns what it prints last. */
async function command(server, ...args) {
  const said = await server.command(...args);
  return said.trim().split(/\s+/).at(-1);
}

/**
 * A page that tells when anything runs that should not: `ran` gets what called the canary, what the policy had to
 * stop, and every dialog.
 */
async function watched(browser, address, ran) {
  const page = await browser.visit('about:blank');
  page.on('dialog', async (dialog) => {
    ran.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  await page.exposeFunction('canary', (what) => void ran.push(`canary: ${what}`));
  await page.exposeFunction('violated', (what) => void ran.push(`policy: ${what}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      globalThis.violated(`${event.effectiveDirective} ${event.blockedURI}`);
    });
  });
  await page.goto(address);
  return page;
}

/** Nothing of what was written has become an element, an attribute or an address. */
async function hasOnlyText(page, where) {
  const found = await page.evaluate(() => {
    const wrong = [];
    for (const element of document.querySelectorAll('*')) {
      const name = element.localName;
      const isOurs = name !== 'script' || (element.src && new URL(element.src).origin === location.origin) || element.type === 'module';
      if (!isOurs || ['iframe', 'base', 'object', 'embed', 'b', 'i'].includes(name)) wrong.push(element.outerHTML);
      for (const { name: attribute, value } of element.attributes) {
        if (attribute.startsWith('on') || attribute === 'srcdoc' || attribute === 'style') wrong.push(element.outerHTML);
        const isAddress = ['href', 'src', 'action', 'formaction'].includes(attribute);
        const isIcon = name === 'link' && element.rel === 'icon';
        if (isAddress && !isIcon && /^\s*(javascript|data|vbscript):/i.test(value)) wrong.push(element.outerHTML);
      }
      if (name === 'img' && element.getAttribute('src') === 'x') wrong.push(element.outerHTML);
    }
    return wrong.map((html) => html.slice(0, 200));
  });
  assert.deepEqual(found, [], where);
}

/** Waits until a text is to be read on the page, letter for letter. */
async function reads(page, text, where) {
  await until(`${where} shows ${JSON.stringify(text)}`, () =>
    page.evaluate((text) => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT);
      const plain = (words) => words.replace(/\s+/g, ' ');
      for (let node = walker.currentNode; node; node = walker.nextNode()) {
        const isField = node.localName === 'input' || node.localName === 'textarea';
        if (isField ? plain(node.value).includes(plain(text)) : node.children.length < 8 && plain(node.textContent).includes(plain(text))) return true;
      }
      return false;
    }, text),
  );
}

/** A clinic of which every text is hostile, by a clinic admin of the same kind. */
async function hostileClinic(play) {
  const { server } = play;
  await command(server, 'clinic', 'add', '--slug', 'hostile', '--name', CLINIC, '--room-url-template', ROOM);
  const link = await command(server, 'team', 'add', '--clinic', 'hostile', '--role', 'CLINIC_ADMIN', '--name', MEMBER);
  const key = await command(server, 'key', 'add', '--clinic', 'hostile', '--role', 'CLINIC_ADMIN', '--name', TOOL);
  const { clinic } = await graphql(server, key, '{ clinic(slug: "hostile") { id name } }');
  assert.equal(clinic.name, CLINIC);
  const ask = async (field, input, selection) => {
    const kind = `${field[0].toUpperCase()}${field.slice(1)}Input`;
    const query = `mutation ($input: ${kind}!) { ${field}(input: $input) { ${selection} userErrors { message field } } }`;
    const { [field]: payload } = await graphql(server, key, query, { input });
    assert.deepEqual(payload.userErrors, [], field);
    return payload;
  };
  await ask(
    'updateClinicSettings',
    {
      clinicId: clinic.id,
      consentText: CONSENT,
      entryFields: [{ key: 'why', label: LABEL, isRequired: true }],
      replyWords: REPLIES,
      recallWords: RECALL,
    },
    '__typename',
  );
  const arrive = async (name, answer, number) => {
    const { caller, token } = await ask(
      'enterWaitingArea',
      {
        clinicSlug: 'hostile',
        name,
        phone: `+6149157${String(number).padStart(4, '0')}`,
        idempotencyKey: `hostile ${number}`,
        answers: [{ key: 'why', value: answer }],
      },
      'token caller { id name }',
    );
    assert.equal(caller.name, name);
    return { id: caller.id, token };
  };
  return { id: clinic.id, link: link.replace(/^https?:\/\/[^/]+/, server.origin), key, ask, arrive };
}

test('the canary sings where something does run', async (t) => {
  const play = await stage(t);
  const ran = [];
  const browser = await play.desk();
  const page = await watched(browser, `${play.server.origin}/`, ran);
  await page.evaluate(() => {
    const element = document.createElement('div');
    element.innerHTML = '<img src=x onerror=canary("img")>';
    document.body.append(element);
  });
  // The policy of the page stops it, and says so.
  await until('the policy has stopped it', () => ran.some((what) => what.startsWith('policy: script-src')));
  await assert.rejects(hasOnlyText(page, 'the page'));
  await page.evaluate(() => globalThis.canary('itself'));
  assert.ok(ran.includes('canary: itself'));
  await page.evaluate(() => globalThis.alert('hello'));
  await until('the dialog was seen', () => ran.includes('dialog: hello'));
});

test('on the wait screen every text is text, from arriving to the end', async (t) => {
  const play = await stage(t);
  const clinic = await hostileClinic(play);
  const ran = [];
  const browser = await play.phone();
  const page = await watched(browser, `${play.server.origin}/c/hostile`, ran);
  await page.getByLabel('Your name').waitFor();
  for (const text of [CLINIC, LABEL, CONSENT]) await reads(page, text, 'the arrival');
  await hasOnlyText(page, 'the arrival');
  await page.getByLabel('Your name').fill(MARKUP[1]);
  await page.getByLabel('Mobile number').fill('0491 570 006');
  await page.getByRole('button', { name: 'Join the waiting area' }).click();
  await until('the answer is asked for', () => page.locator('.wrong').count());
  await hasOnlyText(page, 'what is wrong with the arrival');
  await page.getByLabel('Why?').fill(MARKUP[2]);
  await page.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Join the waiting area' }).click();
  await page.getByRole('heading', { name: 'You are waiting' }).waitFor();
  await hasOnlyText(page, 'waiting');

  const query = '{ clinic(slug: "hostile") { waitingArea { callers(first: 5) { nodes { id name answers { value } } } } } }';
  const { clinic: seen } = await graphql(play.server, clinic.key, query);
  const [caller] = seen.waitingArea.callers.nodes;
  assert.deepEqual([caller.name, caller.answers[0].value], [MARKUP[1], MARKUP[2]]);

  // The room is an address of the clinic's video service, and opening it is all that it does.
  await clinic.ask('joinCaller', { callerId: caller.id }, '__typename');
  const room = page.getByRole('link', { name: 'Join your consultation' });
  await room.waitFor();
  assert.equal(new URL(await room.getAttribute('href')).host, 'video.example');
  assert.match(await room.getAttribute('rel'), /noopener.*noreferrer/);
  await hasOnlyText(page, 'ready to join');
  await clinic.ask('holdCaller', { callerId: caller.id }, '__typename');
  await clinic.ask('cancelCaller', { callerId: caller.id, reason: REASON }, '__typename');
  await reads(page, REASON, 'the end');
  await hasOnlyText(page, 'the end');
  await page.reload();
  await reads(page, REASON, 'the end');

  // The same person again: what the browser has kept is text as well.
  await page.goto(`${play.server.origin}/c/hostile`);
  await until('the name is remembered or asked for', async () => {
    const field = page.getByLabel('Your name');
    return (await field.count()) > 0 && [MARKUP[1], ''].includes(await field.inputValue());
  });
  await hasOnlyText(page, 'arriving again');
  for (const text of [...MARKUP, 'x/../..']) {
    await page.goto(`${play.server.origin}/c/${encodeURIComponent(text)}`);
    await page.getByRole('heading').first().waitFor();
    await hasOnlyText(page, 'an address that is none');
    await page.goto(`${play.server.origin}/w#${text}`);
    await page.reload();
    await page.getByRole('heading').first().waitFor();
    await hasOnlyText(page, 'a link that is none');
  }
  assert.deepEqual(ran, []);
});

test('in the console every text is text, on every page', async (t) => {
  // Words to reply with are shown where callers can reply.
  const twilio = await FakeTwilio.start({ args: ['--unchecked'] });
  t.after(() => twilio.stop());
  const settings = { ...twilio.environment, TEXT_REPLIES: 'on', STANDBY_WEBHOOKS_TO_PRIVATE_ADDRESSES: 'on' };
  const play = await stage(t, settings);
  const { server } = play;
  const clinic = await hostileClinic(play);
  const people = [];
  for (const [number, name] of NAMES.entries()) {
    people.push(await clinic.arrive(name, NAMES[NAMES.length - 1 - number].slice(0, 60), number + 1));
  }
  const url = `http://127.0.0.1:9/'-canary(1)-'?<script>canary(2)</script>`;
  const { webhook } = await clinic.ask(
    'addWebhook',
    { clinicId: clinic.id, url, events: ['CALLER_ENDED'] },
    'webhook { url }',
  );
  const ran = [];
  const browser = await play.desk();
  const page = await watched(browser, clinic.link, ran);
  const console = new Console(browser, page);
  await console.isLive();
  for (const text of [CLINIC, MEMBER]) await reads(page, text, 'the frame');
  for (const name of NAMES) {
    await until(`a row is that of ${name}`, async () => {
      const names = await page.locator('th.name .full').allInnerTexts();
      return names.includes(name);
    });
    await reads(page, name.slice(0, 60), 'an answer in a row');
  }
  assert.equal(await page.locator('tbody tr').count(), NAMES.length);
  await hasOnlyText(page, 'the waiting area');
  assert.ok((await page.title()).includes(CLINIC));

  // The questions and drawers of a row.
  const row = page.locator('tbody tr').nth(1);
  await row.getByRole('button', { name: /^Activity/ }).click();
  const dialog = page.getByRole('dialog');
  await reads(dialog.page(), `Activity of ${NAMES[1]}`, 'the activity');
  await reads(page, LABEL, 'the activity');
  await hasOnlyText(page, 'the activity');
  await page.keyboard.press('Escape');
  await row.getByRole('button', { name: /^Verify by phone/ }).click();
  await dialog.waitFor();
  await hasOnlyText(page, 'the question before verifying');
  await page.keyboard.press('Escape');
  await row.getByRole('button', { name: /^Cancel/ }).click();
  await dialog.getByLabel('Reason').fill(REASON);
  await hasOnlyText(page, 'the question before cancelling');
  await dialog.getByRole('button', { name: 'Cancel caller' }).click();
  await until('the row is gone', async () => (await page.locator('tbody tr').count()) === NAMES.length - 1);
  await page.getByText('Ended lately (1)').click();
  await reads(page, `: ${REASON}`, 'those who have ended');
  await reads(page, NAMES[1], 'those who have ended');
  await hasOnlyText(page, 'those who have ended');
  const { id } = people[0];
  await clinic.ask('joinCaller', { callerId: id }, '__typename');
  const open = page.locator('tbody tr').getByRole('link', { name: 'Open room' });
  await open.waitFor();
  assert.equal(new URL(await open.getAttribute('href')).host, 'video.example');

  // Configure.
  await console.configure('Waiting Area');
  for (const text of [CONSENT, LABEL, RECALL, ROOM, ...Object.values(REPLIES)]) await reads(page, text, 'the settings');
  await until('the preview is there', () => page.locator('.bubble').count());
  await reads(page, 'Come back <img src=x onerror=canary(1)> & "now"', 'the preview');
  await hasOnlyText(page, 'the settings');
  await page.getByLabel('Room link').fill('javascript:canary(1)//{room}');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText(/^Not saved/).waitFor();
  await hasOnlyText(page, 'what is wrong with the settings');
  await page.getByLabel('Room link').fill(ROOM);

  await console.configure('Team');
  const member = `Lee ${MARKUP[3]}`;
  await console.addTeamMember(member);
  await reads(page, member, 'the team');
  await reads(page, MEMBER, 'the team');
  await page.getByRole('button', { name: `Remove ${member}`, exact: true }).click();
  await hasOnlyText(page, 'the question before removing');
  await dialog.getByRole('button', { name: /^Remove/ }).click();
  await page.getByText('is no longer on the team').waitFor();
  await hasOnlyText(page, 'the team');

  await console.configure('API keys');
  const tool = `Key ${MARKUP[4]}`;
  await console.makeKey(tool);
  await reads(page, tool, 'the keys');
  await reads(page, TOOL, 'the keys');
  await page.getByRole('button', { name: `Revoke ${tool}`, exact: true }).click();
  await hasOnlyText(page, 'the question before revoking');
  await dialog.getByRole('button', { name: /^Revoke/ }).click();
  await page.getByText('It no longer works.').waitFor();
  await hasOnlyText(page, 'the keys');

  await console.configure('Webhooks');
  await reads(page, webhook.url, 'the webhooks');
  await hasOnlyText(page, 'the webhooks');

  await console.configure('Audit log');
  for (const name of [MEMBER, TOOL]) await reads(page, name, 'the audit log');
  await hasOnlyText(page, 'the audit log');

  await console.reports();
  await hasOnlyText(page, 'the reports');
  const days = 'from=2026-01-01&to=2026-01-31';
  const report = await fetch(`${server.origin}/clinics/hostile/report.csv?${days}`, {
    headers: { authorization: `Bearer ${clinic.key}` },
  });
  assert.equal(report.status, 200);
  assert.doesNotMatch(await report.text(), /[<>]|^[=+@-]|,[=+@]/m);

  // Signed in already: the page says as whom.
  await page.goto(`${server.origin}/console/sign-in#${encodeURIComponent(MARKUP[1])}`);
  await page.reload();
  await page.getByRole('heading').first().waitFor();
  await hasOnlyText(page, 'signing in');
  assert.deepEqual(ran, []);
});

test('what is sent to a phone is shown as text on the dev phone', async (t) => {
  const play = await stage(t);
  const clinic = await hostileClinic(play);
  const { id, token } = await clinic.arrive(MARKUP[1], MARKUP[0], 6);
  await graphql(play.server, token, 'mutation { sendVerificationCode(input: {}) { userErrors { message } } }');
  const phone = play.texts({ number: '+61491570006' });
  const code = await phone.code();
  await graphql(play.server, token, 'mutation ($code: String!) { verifyPhone(input: { code: $code }) { userErrors { message } } }', { code });
  await graphql(
    play.server,
    token,
    'mutation { reportPresence(input: { deviceId: "phone", counter: 1, state: BACKGROUND }) { userErrors { message } } }',
  );
  await clinic.ask('recallCaller', { callerId: id }, '__typename');
  await phone.next();
  const ran = [];
  const page = await watched(await play.desk(), `${play.server.origin}/dev/phone`, ran);
  await reads(page, 'Come back <img src=x onerror=canary(1)> & "now"', 'the dev phone');
  await hasOnlyText(page, 'the dev phone');
  assert.deepEqual(ran, []);
});

test('one caller’s name does not reach into the rows of others', async (t) => {
  const play = await stage(t);
  const clinic = await hostileClinic(play);
  const ran = [];
  const browser = await play.desk();
  const page = await watched(browser, clinic.link, ran);
  const console = new Console(browser, page);
  await console.isLive();
  await clinic.arrive('Amara Okafor', 'cough', 1);
  const cell = page.locator('tbody tr').first().locator('th.name');
  await cell.getByText('Amara Okafor').waitFor();
  // Where the name stands, down to the very edge of the row: columns may become narrower for a longer name.
  const looks = async () => {
    const { x, y, height } = await cell.boundingBox();
    const clip = { x, y, width: 140, height };
    return (await page.screenshot({ animations: 'disabled', clip })).toString('base64');
  };
  // Until it has settled: a row that has just come stands out for a moment.
  const settled = async () => {
    let last;
    return await until('the row stands still', async () => {
      const now = await looks();
      const isSame = now === last;
      last = now;
      return isSame && now;
    });
  };
  // As it looks above a name like any other.
  const count = (expected) =>
    until(`there are ${expected} rows`, async () => (await page.locator('tbody tr').count()) === expected);
  const plain = await clinic.arrive('Björn Lindqvist', 'cough', 2);
  await count(2);
  const alone = await settled();
  await clinic.ask('cancelCaller', { callerId: plain.id }, '__typename');
  await count(1);
  for (const [number, name] of [PILE, RIGHT_TO_LEFT, LONG, 'ﷺ'.repeat(60), '𒐫'.repeat(40), '\u0e49'.repeat(3) + 'ก' + '\u0e49'.repeat(60)].entries()) {
    const { id } = await clinic.arrive(name, name.slice(0, 100), number + 10);
    await count(2);
    // To the pixel: nothing of the name below is drawn over the one above.
    await until(`the row above ${JSON.stringify(name.slice(0, 10))} looks as before`, async () => (await looks()) === alone);
    const [above, below] = await Promise.all([0, 1].map((at) => page.locator('tbody tr').nth(at).boundingBox()));
    assert.ok(above.y + above.height <= below.y + 1, 'the rows do not overlap');
    assert.ok(below.height < 3 * above.height, 'a name takes no more than a few lines');
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is pushed off the page');
    // Each name is a paragraph of its own: which way it is written turns nothing beside it round.
    const display = await page.locator('tbody tr').nth(1).locator('.full').evaluate((element) => getComputedStyle(element).display);
    assert.notEqual(display, 'inline');
    await clinic.ask('cancelCaller', { callerId: id }, '__typename');
    await count(1);
  }
  assert.deepEqual(ran, []);
});

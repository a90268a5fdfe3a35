// A stateful fake of the part of Twilio that Standby uses: gate → Prism → account, and a control port. README.md says
// how to use it.
//
//   node tests/twilio/fake-twilio.mjs [--unchecked]

import { Account } from './fake/account.mjs';
import { Control } from './fake/control.mjs';
import { descriptions, readDescription } from './fake/description.mjs';
import { Faults } from './fake/faults.mjs';
import { Gate } from './fake/gate.mjs';
import { Journal } from './fake/journal.mjs';
import { startPrism } from './fake/prism.mjs';
import { Webhooks } from './fake/webhooks.mjs';

/** How often it is looked whether the parent is still there. Milliseconds. */
const LOOK_EVERY = 500;
/** How long an orderly end may take. Milliseconds. */
const ENDS_WITHIN = 3000;

const begin = performance.now();
const parent = process.ppid;
const opened = [];
let isEnding = false;

async function end(code) {
  if (isEnding) return;
  isEnding = true;
  setTimeout(() => process.exit(code), ENDS_WITHIN).unref();
  await Promise.allSettled(opened.map((part) => part()));
  process.exit(code);
}

/** Starts what checks by the descriptions, if anything does, and returns it with what the gate passes on to. */
async function upstreams(account, isUnchecked) {
  const direct = { api: account.url, verify: account.url, lookups: account.url };
  if (isUnchecked) return { upstream: direct, prisms: [] };
  const { folder, paths } = descriptions();
  if (!paths) {
    process.stderr.write(
      `Twilio's description of its API is not in ${folder}: nothing is checked by it. ` +
        'TWILIO_OPENAPI_DIR names another place.\n',
    );
    return { upstream: direct, prisms: [] };
  }
  const prisms = await Promise.all(
    Object.entries(paths).map(async ([service, path]) => {
      const description = account.publish(`/${service}.json`, await readDescription(service, path));
      const prism = await startPrism(description, account.url);
      opened.push(() => prism.stop());
      return [service, prism];
    }),
  );
  const upstream = Object.fromEntries(prisms.map(([service, { url }]) => [service, url]));
  return { upstream, prisms: prisms.map(([, prism]) => prism) };
}

async function run() {
  const unknown = process.argv.slice(2).find((argument) => argument !== '--unchecked');
  if (unknown) throw new Error(`fake-twilio takes --unchecked, not ${unknown}`);
  const journal = new Journal();
  const faults = new Faults();
  const account = new Account(journal);
  const webhooks = new Webhooks({ account, journal });
  account.onTaken = (message) => webhooks.follow(message);
  await account.listen();
  opened.push(() => account.close(), () => webhooks.reset());
  const { upstream, prisms } = await upstreams(account, process.argv.includes('--unchecked'));
  const gate = new Gate({ account, faults, journal, upstream });
  const addresses = await gate.listen();
  opened.push(() => gate.close());
  const control = new Control({ account, faults, gate, journal, webhooks, prisms });
  const controlUrl = await control.listen();
  opened.push(() => control.close());
  const ready = {
    apiUrl: addresses.api,
    verifyUrl: addresses.verify,
    lookupsUrl: addresses.lookups,
    controlUrl,
    accountSid: account.accountSid,
    authToken: account.authToken,
    from: account.from,
    messagingServiceSid: account.messagingServiceSid,
    verifyServiceSid: account.verifyServiceSid,
    checkedByDescription: prisms.length > 0,
    startedInMs: Math.round(performance.now() - begin),
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

// Whoever has started it holds the other end of its standard input, and so lets go of it however they end.
process.stdin.on('end', () => end(0)).on('error', () => end(0)).resume();
setInterval(() => process.ppid !== parent && end(0), LOOK_EVERY).unref();
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => end(0));
// Nobody reads any more: the parent has gone.
process.stdout.on('error', () => end(0));

run().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  return end(1);
});

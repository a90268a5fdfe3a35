// A wait screen in a terminal: somebody arrives, is told where they stand, and may go away and come back.
//
//   npm install graphql graphql-ws ws
//   STANDBY_CLINIC=demo CALLER_NAME='Amara Okafor' CALLER_PHONE='0491 570 006' node wait.mjs
//
// Type `code` to have one sent, then its six digits; `away` and `back`, which a page reports when it is hidden and when
// it is seen again; `leave`.

import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const url = process.env.STANDBY_URL ?? 'http://127.0.0.1:8080';

// These three are the screen. A page keeps them where a reload finds them, until the stay has ended.
const deviceId = randomUUID();
let counter = 0;
let token;

/** Sends a command, and again where its answer was lost: one that repeats what is so changes nothing. */
async function command(name, input, brings = '') {
  const type = `${name[0].toUpperCase()}${name.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${brings} userErrors { message } } }`;
  const send = async () => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables: { input } }),
      keepalive: true, // in a page: goes out although the page goes away
      signal: AbortSignal.timeout(10_000),
    });
    return await response.json();
  };
  let answer;
  while (!(answer = await send().catch(() => null))) await new Promise((resolve) => setTimeout(resolve, 1000));
  if (answer.errors) throw answer.errors;
  const payload = answer.data[name];
  // Written for the person who waits.
  for (const { message } of payload.userErrors) console.log(message);
  return payload;
}

// The counter grows with every report: of two that overtake each other the newer one counts.
const report = (state) => command('reportPresence', { deviceId, counter: ++counter, state });

const TYPED = {
  code: () => command('sendVerificationCode', {}),
  away: () => report('BACKGROUND'),
  back: () => report('FOREGROUND'),
  leave: () => command('leaveWaitingArea', {}),
};

async function wait() {
  const { STANDBY_CLINIC: clinicSlug, CALLER_NAME: name, CALLER_PHONE: phone } = process.env;
  const input = { clinicSlug, name, phone, idempotencyKey: randomUUID() };
  ({ token } = await command('enterWaitingArea', input, 'token'));
  if (!token) return false;
  await report('FOREGROUND');

  createInterface({ input: process.stdin }).on('line', (line) => {
    const typed = line.trim();
    const act = /^\d/.test(typed) ? () => command('verifyPhone', { code: typed }) : TYPED[typed];
    act?.().catch(fail);
  });

  const client = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql/ws`,
    webSocketImpl: WebSocket, // browsers have their own
    // By the deviceId every message on the socket is a sign of life of this screen.
    connectionParams: { token, deviceId },
    retryAttempts: Infinity,
    shouldRetry: () => true, // for as long as the server is not there
  });
  // Follows on by itself after a cut, and completes with the end of the stay.
  const stay = client.iterate({
    query: `subscription {
      myCaller {
        status
        position { place aheadOffline }
        phone { isVerified }
        maySetPhoneAside
        room { url }
        end { how reason }
      }
    }`,
  });
  let said;
  for await (const { data, errors } of stay) {
    if (errors) throw errors;
    const now = words(data.myCaller);
    if (now !== said) console.log(now);
    said = now;
  }
  return true;
}

function words({ status, position, phone, maySetPhoneAside, room, end }) {
  if (end) return `${end.how}${end.reason ? `: ${end.reason}` : ''}`;
  if (room) return `${status}: ${room.url}`;
  const aside = phone?.isVerified ? 'you may set the phone aside' : 'keep this open, or verify a number to step away';
  return [
    `${status}, place ${position.place}`,
    position.aheadOffline > 0 && `${position.aheadOffline} of those ahead are away`,
    maySetPhoneAside ? aside : 'keep this open',
  ]
    .filter(Boolean)
    .join('; ');
}

function fail(cause) {
  // A close with its code, or errors of GraphQL.
  const errors = [cause].flat();
  console.error(errors.map(({ code, reason, message }) => (code ? `${code} ${reason}` : message)).join('; '));
  process.exit(1);
}

wait().then((hasWaited) => process.exit(hasWaited ? 0 : 1), fail);

// What can be set while the fake runs, with its limits. Milliseconds.

import { figure } from './faults.mjs';

const LONGEST = 86_400_000;

/** How an account behaves that nobody has told otherwise. */
export const USUAL = {
  // After which a message shows in the list: the real list lags too.
  listLagMs: 0,
  // For which a verification can be checked.
  verificationMs: 600_000,
  // For which a callback may be answered: Twilio's own figure.
  callbackTimeoutMs: 15_000,
  // For which a callback is tried again whose connection is refused or reset. Twilio itself does not.
  callbackRetryForMs: 0,
  // What a VerificationCheck is answered with: Twilio's description has 200 and 201.
  checkStatus: 200,
  // Where callbacks and inbound messages connect to, when not to the host that they are signed for:
  // `{origin, headers}`, as of a proxy in front of the server.
  connectTo: null,
};

/** Settings with a change, or an error that says what is wrong with it. */
export function changed(settings, change) {
  const next = { ...settings };
  for (const [name, value] of Object.entries(change ?? {})) {
    if (!Object.hasOwn(USUAL, name)) throw new Error(`there is no setting ${name}`);
    if (name === 'connectTo') next.connectTo = value === null ? null : place(value);
    else if (name === 'checkStatus' && ![200, 201].includes(value)) throw new Error('checkStatus is 200 or 201');
    else next[name] = figure(name, value, LONGEST) ?? USUAL[name];
  }
  return next;
}

function place(value) {
  const { origin, headers = {} } = typeof value === 'string' ? { origin: value } : value;
  const { protocol } = new URL(origin);
  if (protocol !== 'http:') throw new Error('connectTo is an http address');
  return { origin, headers: Object.fromEntries(Object.entries(headers).map(([k, v]) => [k.toLowerCase(), String(v)])) };
}

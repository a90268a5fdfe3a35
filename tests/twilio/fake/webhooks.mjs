// What Twilio sends: the news of each message, and messages that come in. Signed by Twilio's own library.

import { setMaxListeners } from 'node:events';
import { request as askHttp } from 'node:http';
import { request as askHttps } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';

// This one file of the package: all of it takes a fifth of a second to load.
import webhooks from 'twilio/lib/webhooks/webhooks.js';

import { chance } from './chance.mjs';
import { figure } from './faults.mjs';
import { readBody } from './http.mjs';
import { sid } from './sid.mjs';

const STATUSES = ['accepted', 'queued', 'sending', 'sent', 'delivered', 'undelivered', 'failed', 'read'];
const LONGEST = 600_000;
const MOST_STEPS = 50;
const LONGEST_ANSWER = 65_536;
/** Between two tries to connect. Milliseconds. */
const TRY_EVERY = 50;
/** How a message goes that nobody has planned. */
const USUAL = plan({ steps: [{ status: 'sent', afterMs: 20 }, { status: 'delivered', afterMs: 40 }] });

export class Webhooks {
  #plans = new Map();
  #usual = USUAL;
  #stop = stopper();
  #due = { count: 0 };

  constructor({ account, journal }) {
    Object.assign(this, { account, journal });
  }

  /** As if nothing had been planned; what is on its way is not sent any more. */
  reset() {
    this.#stop.abort();
    this.#stop = stopper();
    this.#due = { count: 0 };
    this.#plans.clear();
    this.#usual = USUAL;
  }

  /** How many callbacks are planned or on their way. */
  get due() {
    return this.#due.count;
  }

  /** Sets how messages go: those to one number, or all others. */
  plan({ to, ...rest }) {
    const set = plan(rest);
    if (to === undefined) this.#usual = set;
    else this.#plans.set(to, set);
  }

  /** The signature of Twilio's own library. */
  sign(url, params) {
    return webhooks.getExpectedTwilioSignature(this.account.authToken, url, params);
  }

  /** Follows the plan for a message that was taken. */
  follow(message) {
    const { steps, oneByOne, chance: luck } = this.#plans.get(message.to) ?? this.#usual;
    const { signal } = this.#stop;
    const news = [];
    for (const step of steps) {
      const times = step.callback ? step.times : 0;
      const at = (ms) => pause(ms, undefined, { signal });
      const moved = at(step.afterMs).then(() => this.account.messages.advance(message, step.status, step.errorCode));
      moved.catch(() => {});
      if (!message.statusCallback) continue;
      if (!luck) {
        for (let time = 0; time < times; time += 1) news.push({ step, afterMs: step.afterMs });
        continue;
      }
      if (luck.next() < luck.lost) continue;
      const copies = luck.next() < luck.doubled ? 2 : 1;
      for (let copy = 0; copy < copies; copy += 1) {
        news.push({ step, afterMs: Math.floor(luck.next() * luck.withinMs) });
      }
    }
    news.sort((one, other) => one.afterMs - other.afterMs);
    const due = this.#due;
    due.count += news.length;
    let before = Promise.resolve();
    for (const { step, afterMs } of news) {
      const isTime = pause(afterMs, undefined, { signal });
      const turn = oneByOne ? Promise.all([isTime, before]) : isTime;
      before = turn
        .then(() => this.tell(message, step, signal))
        .catch(() => {})
        .finally(() => (due.count -= 1));
    }
  }

  /** Sends one callback about a message, and returns what it was answered. */
  async tell(message, { status, errorCode, url }, signal = this.#stop.signal) {
    if (!STATUSES.includes(status)) throw new Error(`there is no status ${status}: ${STATUSES.join(', ')}`);
    const { accountSid } = this.account;
    const target = url ?? message.statusCallback;
    if (!target) throw new Error('that message has no StatusCallback');
    const params = {
      // Twilio sends more than it documents, and it counts for the signature.
      ...(status === 'delivered' && { RawDlrDoneDate: '2611220102' }),
      SmsSid: message.sid,
      SmsStatus: status,
      MessageStatus: status,
      To: message.to,
      ...(message.messagingServiceSid && { MessagingServiceSid: message.messagingServiceSid }),
      MessageSid: message.sid,
      AccountSid: accountSid,
      From: message.from,
      ApiVersion: '2010-04-01',
      ...(errorCode && { ErrorCode: String(errorCode) }),
    };
    const note = { at: Date.now(), kind: 'status', sid: message.sid, to: message.to, status, url: target };
    return await this.#send(note, target, params, signal);
  }

  /** Sends a message that came in, and returns what it was answered. */
  async inbound({ url, from, to = this.account.from, body, messageSid = sid('SM'), optOutType }) {
    for (const [name, value] of Object.entries({ url, from, body })) {
      if (typeof value !== 'string') throw new Error(`an inbound message needs ${name}`);
    }
    // What Twilio keeps of STOP and START itself: it sends nothing more to who has said STOP.
    if (optOutType === 'STOP') this.account.stopped.add(from);
    if (optOutType === 'START') this.account.stopped.delete(from);
    const params = {
      ToCountry: 'US', ToState: '', SmsMessageSid: messageSid, NumMedia: '0', ToCity: '', FromZip: '', SmsSid: messageSid,
      FromState: '', SmsStatus: 'received', FromCity: '', Body: body, FromCountry: 'AU', To: to, ToZip: '',
      NumSegments: '1', MessageSid: messageSid, AccountSid: this.account.accountSid, From: from, ApiVersion: '2010-04-01',
      ...(optOutType && { OptOutType: optOutType }),
    };
    const note = { at: Date.now(), kind: 'inbound', sid: messageSid, to, status: 'received', url };
    return await this.#send(note, url, params, this.#stop.signal);
  }

  async #send(note, url, params, signal) {
    const unanswered = { tries: 0, answered: null, body: null, error: null, milliseconds: null };
    const entry = this.journal.callbacks.add({ ...note, ...unanswered });
    const { callbackRetryForMs } = this.account.settings;
    for (;;) {
      const begin = performance.now();
      entry.tries += 1;
      try {
        const { status, body } = await this.#post(url, params, signal);
        Object.assign(entry, { answered: status, body, error: null });
      } catch (error) {
        entry.error = error.code ?? error.name ?? String(error);
      }
      entry.milliseconds = Math.round((performance.now() - begin) * 10) / 10;
      const isUnreachable = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(entry.error);
      if (!isUnreachable || signal.aborted || Date.now() - entry.at >= callbackRetryForMs) return entry;
      await pause(TRY_EVERY, undefined, { signal }).catch(() => {});
    }
  }

  /** Posts a signed form to where `connectTo` says, as a proxy that stands at the public address would pass it on. */
  async #post(url, params, stop) {
    const { connectTo, callbackTimeoutMs } = this.account.settings;
    const signed = new URL(url);
    const target = connectTo ? new URL(signed.pathname + signed.search, connectTo.origin) : signed;
    const body = new URLSearchParams(params).toString();
    const post = target.protocol === 'https:' ? askHttps : askHttp;
    const answer = await new Promise((resolve, reject) => {
      const asked = post(target, {
        method: 'POST',
        agent: false,
        signal: AbortSignal.any([stop, AbortSignal.timeout(callbackTimeoutMs)]),
        headers: {
          host: signed.host,
          'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'TwilioProxy/1.1',
          accept: '*/*',
          'i-twilio-idempotency-token': sid('').slice(0, 32),
          'x-twilio-signature': this.sign(url, params),
          ...connectTo?.headers,
        },
      });
      asked.once('response', resolve).once('error', reject).end(body);
    });
    return { status: answer.statusCode, body: await readBody(answer, LONGEST_ANSWER) };
  }
}

/** Ends everything that is on its way: of a busy account, many at once. */
function stopper() {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  return stop;
}

/** A plan with all that it leaves unsaid, or an error that says what is wrong with it. */
function plan({ steps = [], oneByOne = true, chance: luck = null }) {
  if (!Array.isArray(steps) || steps.length > MOST_STEPS) throw new Error(`a plan has up to ${MOST_STEPS} steps`);
  return {
    oneByOne: Boolean(oneByOne),
    steps: steps.map(({ status, afterMs = 0, errorCode, times = 1, callback = true }) => {
      if (!STATUSES.includes(status)) throw new Error(`there is no status ${status}: ${STATUSES.join(', ')}`);
      return {
        status,
        errorCode: figure('errorCode', errorCode, 99_999),
        afterMs: figure('afterMs', afterMs, LONGEST) ?? 0,
        times: figure('times', times, 100) ?? 1,
        callback: Boolean(callback),
      };
    }),
    chance: luck && {
      next: chance(figure('seed', luck.seed, 2 ** 32 - 1) ?? 0),
      withinMs: figure('withinMs', luck.withinMs, LONGEST) ?? 500,
      doubled: Number(luck.doubled ?? 0),
      lost: Number(luck.lost ?? 0),
    },
  };
}

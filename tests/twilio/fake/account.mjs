// The account at Twilio: what it has taken, and what it answers. It knows nothing of faults.
//
// Twilio's description has the answers that succeed and hardly any that refuse. So that every answer can be checked by
// it, a refusal travels beside a valid answer that would have been given, in a header that the gate takes off.

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

import { answerJson, close, listen, readBody } from './http.mjs';
import { Lookups } from './lookups.mjs';
import { Messages } from './messages.mjs';
import { route } from './routes.mjs';
import { changed, USUAL } from './settings.mjs';
import { sid } from './sid.mjs';
import { twilioError } from './twilio-errors.mjs';
import { Verifications } from './verifications.mjs';

/** The header by which gate and account know which request they speak of. */
export const REQUEST_HEADER = 'x-fake-twilio-request';
/** The header in which a refusal travels. */
export const REFUSAL_HEADER = 'x-fake-twilio-refusal';
/** The header of a request that is looked at and answered, and of which nothing is taken. */
export const ONLY_LOOK_HEADER = 'x-fake-twilio-only-look';

/** Longer than any form that Twilio takes. Bytes. */
export const LONGEST_FORM = 65_536;

export class Account {
  accountSid = sid('AC');
  authToken = randomBytes(16).toString('hex');
  messagingServiceSid = sid('MG');
  verifyServiceSid = sid('VA');
  from = '+15005550006';
  /** What the gate has let through and nobody has answered yet, by number. */
  pending = new Map();
  /** By path, what Prism reads here: Twilio's description. */
  documents = new Map();
  /** Called with each message that is taken. */
  onTaken = () => {};
  #server;

  constructor(journal) {
    this.journal = journal;
    this.reset();
  }

  /** As if nothing had been asked; the account and its token stay. */
  reset() {
    this.settings = { ...USUAL };
    this.refusals = [];
    this.garbled = [];
    this.stopped = new Set();
    this.messages = new Messages(this);
    this.verifications = new Verifications(this);
    this.lookups = new Lookups(this);
  }

  set(change) {
    this.settings = changed(this.settings, change);
  }

  /** Refuses what concerns a number from now on, with this code of Twilio's. */
  refuse({ api = null, to = null, code, status, message }) {
    if (!Number.isInteger(code)) throw new Error('a refusal needs a code');
    this.refusals.push({ api, to, code, status, message });
  }

  /** The refusal that is set for this, if any. */
  refusalOf(api, to) {
    const set = this.refusals.find((refusal) => [null, api].includes(refusal.api) && [null, to].includes(refusal.to));
    return set && { refused: twilioError(set.code, set) };
  }

  /** Answers from now on with this value in this field, to show that the check by the description can fail. */
  garble({ api, field, value }) {
    if (typeof api !== 'string' || typeof field !== 'string') throw new Error('garble needs api and field');
    this.garbled.push({ api, field, value });
  }

  async listen() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error) => answerJson(response, 500, { fault: String(error) }));
    });
    this.url = await listen(this.#server);
  }

  /** Has a document for reading, and returns its address. */
  publish(path, document) {
    this.documents.set(path, document);
    return this.url + path;
  }

  async close() {
    await close(this.#server);
  }

  async #answer(request, response) {
    const body = await readBody(request, LONGEST_FORM);
    const entry = this.pending.get(Number(request.headers[REQUEST_HEADER]));
    const { pathname, searchParams } = new URL(request.url, this.url);
    if (this.documents.has(pathname)) return answerJson(response, 200, this.documents.get(pathname));
    const found = entry && route(entry.service, request.method, pathname);
    if (!found) return answerJson(response, 404, twilioError(20404).body);
    const [owner, name] = found.parts;
    const form = new URLSearchParams(body);
    const onlyLook = ONLY_LOOK_HEADER in request.headers;
    const answer = this.#ask(found.api, entry, { owner, name, form, query: searchParams, onlyLook });
    const [status, valid] = answer.valid;
    for (const { api, field, value } of this.garbled) {
      if (api === found.api) valid[field] = value;
    }
    const headers = answer.refused ? { [REFUSAL_HEADER]: encodeURIComponent(JSON.stringify(answer.refused)) } : {};
    answerJson(response, status, valid, headers);
  }

  #ask(api, entry, asked) {
    switch (api) {
      case 'messages':
        return this.messages.create(entry, asked);
      case 'list':
        return this.messages.list(entry, asked);
      case 'message':
        return this.messages.fetch(asked);
      case 'verify':
        return this.verifications.send(entry, asked);
      case 'verification':
        return this.verifications.fetch(asked);
      case 'update':
        return this.verifications.update(asked);
      case 'check':
        return this.verifications.check(entry, asked);
      default:
        return this.lookups.fetch(asked);
    }
  }

  /** Notes parameters that Twilio would pass over in silence: a misspelled one is a fault of who asks. */
  expect(entry, params, known) {
    for (const name of new Set(params.keys())) {
      if (!known.includes(name)) {
        this.journal.violation(entry, 'request', `parameter ${name}`, 'Twilio knows no such parameter here');
      }
      if (params.getAll(name).length > 1) {
        this.journal.violation(entry, 'request', `parameter ${name}`, 'It is there more than once');
      }
    }
  }
}

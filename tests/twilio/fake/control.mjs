// The control port: what tests set and read. JSON both ways; what cannot be done is a 400 with `error`.

import { createServer } from 'node:http';

import { answerJson, close, listen, readBody } from './http.mjs';

/** Bytes. */
const LONGEST_ORDER = 1_000_000;

export class Control {
  #server;

  constructor({ account, faults, gate, journal, webhooks, prisms }) {
    Object.assign(this, { account, faults, gate, journal, webhooks, prisms });
  }

  async listen() {
    this.#server = createServer((request, response) => this.#serve(request, response));
    return await listen(this.#server);
  }

  async close() {
    await close(this.#server);
  }

  async #serve(request, response) {
    try {
      const { pathname, searchParams } = new URL(request.url, 'http://control');
      const body = await readBody(request, LONGEST_ORDER);
      const act = this.#acts[`${request.method} ${pathname}`];
      if (!act) return answerJson(response, 404, { error: `there is no ${request.method} ${pathname}` });
      answerJson(response, 200, (await act(body ? JSON.parse(body) : {}, searchParams)) ?? { done: true });
    } catch (error) {
      answerJson(response, 400, { error: error.message });
    }
  }

  #acts = {
    'GET /state': () => ({
      checkedByDescription: this.prisms.length > 0,
      prismProcessIds: this.prisms.map(({ processId }) => processId),
      settings: this.account.settings,
      faults: this.faults.rules,
      messages: this.#messages(),
      verifications: this.account.verifications.made,
      requests: this.journal.requests.after(0),
      violations: this.journal.violations.after(0),
      callbacks: this.journal.callbacks.after(0),
    }),
    'GET /messages': (_, query) => this.#messages(query.get('to'), after(query)),
    'GET /verifications': (_, query) => this.account.verifications.made.filter(fits(query.get('to'))),
    'GET /requests': (_, query) => this.journal.requests.after(after(query)),
    'GET /violations': (_, query) => this.journal.violations.after(after(query)),
    'GET /callbacks': (_, query) => this.journal.callbacks.after(after(query)),
    'GET /due': () => ({ callbacks: this.webhooks.due }),
    'GET /faults': () => this.faults.rules,
    'POST /faults': (rules) => this.faults.add(rules),
    'DELETE /faults': () => {
      this.faults.clear();
      this.gate.release();
    },
    'POST /refusals': (refusal) => this.account.refuse(refusal),
    'DELETE /refusals': () => {
      this.account.refusals = [];
    },
    'POST /lines': (line) => this.account.lookups.setLine(line),
    'POST /plan': (plan) => this.webhooks.plan(plan),
    'POST /settings': (change) => this.account.set(change),
    'POST /garble': (garbled) => this.account.garble(garbled),
    'DELETE /garble': () => {
      this.account.garbled = [];
    },
    'POST /callback': ({ sid, ...news }) => {
      const message = this.account.messages.find(sid);
      if (!message) throw new Error('there is no such message');
      this.account.messages.advance(message, news.status, news.errorCode);
      return this.webhooks.tell(message, news);
    },
    'POST /inbound': (message) => this.webhooks.inbound(message),
    'POST /sign': ({ url, params = {} }) => ({ signature: this.webhooks.sign(url, params) }),
    'POST /reset': () => {
      this.webhooks.reset();
      this.faults.clear();
      this.gate.release();
      this.journal.reset();
      this.account.reset();
    },
  };

  #messages(to = null, number = 0) {
    const messages = this.account.messages.taken.slice(number).filter(fits(to));
    return messages.map(({ entry, ...message }) => ({ ...message, fault: entry.fault, answered: entry.answered }));
  }
}

function fits(to) {
  return (item) => to === null || item.to === to;
}

function after(query) {
  const number = Number(query.get('after') ?? 0);
  if (!Number.isInteger(number) || number < 0) throw new Error('after is the number of the last one that was read');
  return number;
}

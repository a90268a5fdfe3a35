// The front: what the server under test takes for Twilio. Requests pass through here to the account, by way of Prism
// where there is one. Every fault is made here, so that Prism sees only what Twilio's description has; and what a fault
// keeps from the account is shown to both nevertheless, to be looked at.

import { createServer, request as ask } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

import { LONGEST_FORM, ONLY_LOOK_HEADER, REFUSAL_HEADER, REQUEST_HEADER } from './account.mjs';
import { answerJson, BodyRefused, close, listen, readBody } from './http.mjs';
import { violationsIn } from './prism.mjs';
import { asTwilioReallyAnswers } from './reality.mjs';
import { route } from './routes.mjs';
import { sid } from './sid.mjs';
import { twilioError } from './twilio-errors.mjs';

/** For which account and Prism may be busy with one request. Milliseconds. */
const ANSWERS_WITHIN = 30_000;
const LONGEST_ANSWER = 4_000_000;
/** How the gate means to answer a request, until it has. */
const ANSWERING = Symbol('answering');
const GARBAGE = '<html><body><h1>502 Bad Gateway</h1></body></html>';

export class Gate {
  #servers = [];
  #held = new Set();

  /** `upstream`: by service (`api`, `verify`, `lookups`) where a request is passed on to. */
  constructor({ account, faults, journal, upstream }) {
    Object.assign(this, { account, faults, journal, upstream });
  }

  /** Listens once for each service, and returns the addresses. */
  async listen() {
    const addresses = {};
    for (const service of Object.keys(this.upstream)) {
      const server = createServer((request, response) => {
        this.#serve(service, request, response).catch((error) => {
          this.journal.violation(null, 'fake', '', `the gate failed: ${error.stack}`);
          response.destroy();
        });
      });
      this.#servers.push(server);
      addresses[service] = await listen(server);
    }
    return addresses;
  }

  /** Lets go of every connection that hangs. */
  release() {
    for (const letGo of this.#held) letGo.abort();
  }

  async close() {
    this.release();
    await Promise.all(this.#servers.map(close));
  }

  async #serve(service, request, response) {
    const { pathname, searchParams } = new URL(request.url, 'http://gate');
    const found = route(service, request.method, pathname);
    const entry = this.journal.requests.add({
      at: Date.now(),
      service,
      api: found?.api ?? 'other',
      method: request.method,
      path: pathname,
      query: Object.fromEntries(searchParams),
      params: {},
      contentType: request.headers['content-type'] ?? null,
      to: null,
      sid: null,
      fault: null,
      answered: null,
    });
    let body;
    try {
      body = await readBody(request, LONGEST_FORM);
    } catch (error) {
      if (!(error instanceof BodyRefused)) throw error;
      // Twilio takes nothing that has not come whole.
      answered(entry, 'gone', null);
      response.destroy();
      return;
    }
    entry.params = Object.fromEntries(new URLSearchParams(body));
    entry.to = entry.params.To ?? entry.query.To ?? (entry.api === 'lookup' ? found.parts[0] : null);
    noteEnd(entry, response);
    if (!this.#isAuthorized(request.headers.authorization)) {
      const { status, body: refusal } = twilioError(20003);
      return this.#answer(entry, response, status, refusal, { 'www-authenticate': 'Basic realm="Twilio API"' });
    }
    if (!found) {
      this.journal.violation(entry, 'request', 'path', `Twilio's ${service} has no ${request.method} ${pathname}`);
      return this.#answer(entry, response, 404, twilioError(20404).body);
    }
    await this.#run(entry, request, response, body);
  }

  #isAuthorized(authorization) {
    const { accountSid, authToken } = this.account;
    return authorization === `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
  }

  async #run(entry, request, response, body) {
    const fault = this.faults.choose(entry.api, entry.to);
    entry.fault = fault?.name ?? null;
    if (fault?.name === 'late' && !(await this.#hold(fault.milliseconds))) {
      // Let go before its time: taken now, it would come into what follows a reset.
      entry[ANSWERING] = { how: 'reset', status: null };
      return cut(response);
    }
    const onlyLook = fault?.taken === false;
    const answer = await this.#pass(entry, request, body, onlyLook);
    switch (fault?.ending) {
      case 'hang':
        entry[ANSWERING] = { how: 'hang', status: null };
        await this.#hold(fault.milliseconds, response);
        return cut(response);
      case 'reset':
        entry[ANSWERING] = { how: 'reset', status: null };
        return cut(response);
      case 'error': {
        const { status, body: error } = twilioError(fault.code);
        const headers = fault.retryAfter === null ? {} : { 'retry-after': String(fault.retryAfter) };
        return this.#answer(entry, response, status, error, headers);
      }
      case 'garbage':
        entry[ANSWERING] = { how: 'garbage', status: 200 };
        response.writeHead(200, { 'content-type': 'text/html', 'content-length': Buffer.byteLength(GARBAGE) });
        return response.end(GARBAGE);
      case 'half':
        return this.#half(entry, response, answer);
      default:
        if (fault?.name === 'slow') await this.#hold(fault.milliseconds);
        return this.#answer(entry, response, answer.status, answer.body, answer.headers);
    }
  }

  #answer(entry, response, status, body, headers = {}) {
    entry[ANSWERING] = { how: 'answered', status };
    const type = status >= 400 && body?.type ? { 'content-type': 'application/problem+json' } : {};
    answerJson(response, status, body, { 'twilio-request-id': sid('RQ'), ...type, ...headers });
  }

  #half(entry, response, { status, body }) {
    entry[ANSWERING] = { how: 'half', status };
    const text = Buffer.from(JSON.stringify(body));
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length });
    response.write(text.subarray(0, Math.ceil(text.length / 2)), () => response.socket?.destroy());
  }

  /** Waits for a time, and returns whether it has passed; not longer than who asked, where a response is given. */
  async #hold(milliseconds, response) {
    const letGo = new AbortController();
    this.#held.add(letGo);
    response?.once('close', () => letGo.abort());
    if (response?.destroyed) letGo.abort();
    await pause(milliseconds, undefined, { signal: letGo.signal }).catch(() => {});
    this.#held.delete(letGo);
    return !letGo.signal.aborted;
  }

  /** Passes a request on, or only shows it, and returns what is to be answered. */
  async #pass(entry, request, body, onlyLook) {
    this.account.pending.set(entry.number, entry);
    try {
      const { status, headers, text } = await this.#askUpstream(entry, request, body, onlyLook);
      const found = violationsIn(headers, text);
      for (const { of, location, words } of found) this.journal.violation(entry, of, location, words);
      if (headers[REFUSAL_HEADER]) return JSON.parse(decodeURIComponent(headers[REFUSAL_HEADER]));
      const answer = JSON.parse(text);
      return { status, body: found.length || status >= 300 ? answer : asTwilioReallyAnswers(entry.api, answer) };
    } catch (error) {
      this.journal.violation(entry, 'fake', '', `not passed on: ${error.message}`);
      return { status: 502, body: { fault: 'what is behind the gate does not answer' } };
    } finally {
      this.account.pending.delete(entry.number);
    }
  }

  async #askUpstream(entry, request, body, onlyLook) {
    const headers = { authorization: request.headers.authorization, [REQUEST_HEADER]: String(entry.number) };
    if (onlyLook) headers[ONLY_LOOK_HEADER] = 'yes';
    for (const name of ['content-type', 'accept', 'user-agent']) {
      if (request.headers[name]) headers[name] = request.headers[name];
    }
    if (request.method !== 'GET' || body) headers['content-length'] = Buffer.byteLength(body);
    const answer = await new Promise((resolve, reject) => {
      const passed = ask(this.upstream[entry.service] + request.url, {
        method: request.method,
        headers,
        // A connection for each: one that is kept may be closed under the next request.
        agent: false,
        signal: AbortSignal.timeout(ANSWERS_WITHIN),
      });
      passed.once('response', resolve).once('error', reject).end(body);
    });
    return { status: answer.statusCode, headers: answer.headers, text: await readBody(answer, LONGEST_ANSWER) };
  }
}

/** Cuts the connection without a goodbye (RST). */
function cut(response) {
  if (response.socket) response.socket.resetAndDestroy();
}

/** Notes how it ended: as the gate meant it to, or with the other side gone before. */
function noteEnd(entry, response) {
  response.once('close', () => {
    const meant = entry[ANSWERING];
    const isCut = ['hang', 'reset', 'half'].includes(meant?.how);
    if (meant && (isCut || response.writableFinished)) answered(entry, meant.how, meant.status);
    else answered(entry, 'gone', null);
  });
}

function answered(entry, how, status) {
  entry.answered = { how, status, milliseconds: Date.now() - entry.at };
}

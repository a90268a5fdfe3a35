// Asking by HTTP, as any tool does. A command that is refused fails the test that sent it.

import { randomUUID } from 'node:crypto';

import { DevPhone } from '../../browser/harness/dev-phone.mjs';
import { graphql } from '../../browser/harness/graphql.mjs';

const CALLER = 'id status version endedAt position { place }';

/** Whoever bears a token: a caller's, a session's or an API key. */
export class Asker {
  constructor(server, token) {
    this.server = server;
    this.token = token;
  }

  async ask(query, variables) {
    return await graphql(this.server, this.token, query, variables);
  }

  /** Sends a mutation and returns its payload, whatever it says. */
  async command(name, input, selection) {
    const type = `${name[0].toUpperCase()}${name.slice(1)}Input`;
    const document = `mutation ($input: ${type}!) {
      ${name}(input: $input) { ${selection} userErrors { code message field } }
    }`;
    return (await this.ask(document, { input }))[name];
  }

  /** Sends a mutation that must be taken. */
  async accepted(name, input, selection = '') {
    const payload = await this.command(name, input, selection);
    if (payload.userErrors.length > 0) throw new Error(`${name} was refused: ${JSON.stringify(payload.userErrors)}`);
    return payload;
  }
}

/** A caller at a wait screen, with a screen that reports. */
export class Caller extends Asker {
  deviceId = randomUUID();
  /** Of the latest report. */
  counter = 0;

  /** @param {string} number E.164 */
  constructor(server, token, number) {
    super(server, token);
    this.phone = new DevPhone(server, number);
  }

  static async arrive(server, { name, phone }, clinicSlug = 'demo') {
    const input = { clinicSlug, name, phone, idempotencyKey: randomUUID() };
    const entered = await new Asker(server).accepted('enterWaitingArea', input, `token caller { ${CALLER} }`);
    const caller = new Caller(server, entered.token, phone);
    caller.id = entered.caller.id;
    return caller;
  }

  /** Verifies the number by the code on the dev phone. */
  async verify() {
    await this.accepted('sendVerificationCode', {});
    await this.accepted('verifyPhone', { code: await this.phone.code() });
  }

  /** The screen says that it is seen (`FOREGROUND`) or hidden (`BACKGROUND`). */
  async report(state) {
    const input = { deviceId: this.deviceId, counter: ++this.counter, state };
    return (await this.accepted('reportPresence', input, `caller { ${CALLER} }`)).caller;
  }
}

/** Staff of a clinic, by a key or a session. */
export class Staff extends Asker {
  async clinicId(slug = 'demo') {
    this.clinic ??= (await this.ask('query ($slug: String!) { clinic(slug: $slug) { id } }', { slug })).clinic.id;
    return this.clinic;
  }

  recall = (callerId) => this.accepted('recallCaller', { callerId }, `caller { ${CALLER} }`);
  join = (callerId) => this.accepted('joinCaller', { callerId }, `caller { ${CALLER} } room { url }`);
  complete = (callerId) => this.accepted('completeCall', { callerId }, `caller { ${CALLER} }`);
  cancel = (callerId) => this.accepted('cancelCaller', { callerId }, `caller { ${CALLER} }`);

  /** The whole activity log of a caller, oldest first. */
  async activity(callerId) {
    const document = 'query ($id: ID!) { node(id: $id) { ... on Caller { activity(first: 200) { kind version } } } }';
    return (await this.ask(document, { id: callerId })).node.activity.reverse();
  }
}

/** A clinic admin, signed in by the link that the server printed. */
export async function signIn(server) {
  const token = await server.signInToken();
  const session = await new Asker(server).accepted('signIn', { token }, 'token');
  return new Staff(server, session.token);
}

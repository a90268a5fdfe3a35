// Messages: taken, listed with lag, and moved forward as they are delivered.

import { figure } from './faults.mjs';
import { isNumber } from './routes.mjs';
import { segments } from './segments.mjs';
import { sid } from './sid.mjs';
import { twilioError } from './twilio-errors.mjs';

/** All that Twilio's description takes with a message. */
const PARAMETERS = [
  'To', 'From', 'MessagingServiceSid', 'Body', 'StatusCallback', 'ValidityPeriod', 'ApplicationSid', 'MaxPrice',
  'ProvideFeedback', 'Attempt', 'ForceDelivery', 'ContentRetention', 'AddressRetention', 'SmartEncoded',
  'PersistentAction', 'TrafficType', 'ShortenUrls', 'ScheduleType', 'SendAt', 'SendAsMms', 'ContentVariables',
  'RiskCheck', 'FallbackFrom', 'MediaUrl', 'ContentSid',
];
const LIST_PARAMETERS = ['To', 'From', 'DateSent', 'DateSent<', 'DateSent>', 'PageSize', 'Page', 'PageToken'];

/** How far a message has come; one that has arrived or failed changes no more. */
const RANK = {
  accepted: 0, queued: 1, sending: 2, sent: 3, delivered: 4, undelivered: 4, failed: 4, read: 5,
};
const LONGEST_BODY = 1600;
/** Seconds. */
const LONGEST_VALIDITY = 36_000;

export class Messages {
  /** Oldest first. */
  taken = [];
  #bySid = new Map();

  constructor(account) {
    this.account = account;
  }

  create(entry, { owner, form, onlyLook }) {
    const { account } = this;
    account.expect(entry, form, PARAMETERS);
    const message = this.#message(entry, form);
    const refused = this.#refusal(entry, owner, form) ?? account.refusalOf('messages', message.to)?.refused;
    const valid = [201, this.#view(message)];
    if (refused || onlyLook) return { valid, refused };
    this.taken.push(message);
    message.number = this.taken.length;
    this.#bySid.set(message.sid, message);
    entry.sid = message.sid;
    account.onTaken(message);
    return { valid };
  }

  #message(entry, form) {
    const { account } = this;
    const body = form.get('Body') ?? '';
    const service = form.get('MessagingServiceSid');
    return {
      sid: sid('SM'),
      to: form.get('To') ?? '',
      from: form.get('From') ?? (service ? account.from : null),
      messagingServiceSid: service,
      body,
      ...segments(body),
      statusCallback: form.get('StatusCallback'),
      validityPeriod: form.has('ValidityPeriod') ? Number(form.get('ValidityPeriod')) : null,
      at: Date.now(),
      request: entry.number,
      // What the gate made of it is on the request; kept here so that a reader sees both at once.
      entry,
      status: service ? 'accepted' : 'queued',
      errorCode: null,
      sentAt: null,
      updatedAt: Date.now(),
    };
  }

  /** Why Twilio would not take it, in the order in which it looks. */
  #refusal(entry, owner, form) {
    const { account } = this;
    const error = (code, more) => twilioError(code, more);
    const to = form.get('To');
    if (owner !== account.accountSid) return error(20404);
    if (!to) {
      // The check by the description passes over a body that is absent altogether.
      account.journal.violation(entry, 'request', 'parameter To', 'A message without it');
      return error(21604);
    }
    if (!form.get('From') && !form.get('MessagingServiceSid')) return error(21603);
    if (!isNumber(to)) return error(21211, { message: `The 'To' number ${to} is not a valid phone number.` });
    if (form.has('From') && form.get('From') !== account.from) return error(21606);
    if (form.has('MessagingServiceSid') && form.get('MessagingServiceSid') !== account.messagingServiceSid) {
      return error(21701);
    }
    if (!form.get('Body')) return error(21602);
    if (form.get('Body').length > LONGEST_BODY) return error(21617);
    if (form.has('StatusCallback') && !/^https?:\/\/[^/]+/.test(form.get('StatusCallback'))) return error(21609);
    const validity = form.get('ValidityPeriod');
    if (validity !== null && !(Number(validity) >= 1 && Number(validity) <= LONGEST_VALIDITY)) {
      account.journal.violation(entry, 'request', 'parameter ValidityPeriod', `It is 1 to ${LONGEST_VALIDITY} seconds`);
    }
    if (account.stopped.has(to)) return error(21610);
    return undefined;
  }

  /** Moves a message forward, never back. */
  advance(message, status, errorCode) {
    if (!(RANK[status] > RANK[message.status])) return;
    message.status = status;
    message.updatedAt = Date.now();
    message.errorCode = errorCode ?? null;
    if (RANK[status] >= RANK.sent && status !== 'failed') message.sentAt ??= Date.now();
  }

  find(sid) {
    return this.#bySid.get(sid);
  }

  fetch({ owner, name }) {
    const message = owner === this.account.accountSid && this.#bySid.get(name);
    if (!message) return { valid: [200, {}], refused: twilioError(20404) };
    return { valid: [200, this.#view(message)] };
  }

  list(entry, { owner, query }) {
    const { account } = this;
    account.expect(entry, query, LIST_PARAMETERS);
    for (const name of ['To', 'From']) {
      // Most often a `+` that was not encoded, and so a space: Twilio's list would simply be empty.
      if (query.has(name) && !isNumber(query.get(name))) {
        account.journal.violation(entry, 'request', `parameter ${name}`, 'It is no number in E.164');
      }
    }
    const size = bounded('PageSize', query.get('PageSize') ?? '50', 1000) || 1;
    const page = bounded('Page', query.get('Page') ?? '0', 1e6);
    const seen = Date.now() - account.settings.listLagMs;
    const all = this.taken.filter((message) => message.at <= seen && matches(message, query)).reverse();
    const messages = all.slice(page * size, (page + 1) * size);
    const address = (number) => {
      const params = new URLSearchParams(query);
      params.set('PageSize', size);
      params.set('Page', number);
      if (number > page) params.set('PageToken', `PA${messages.at(-1)?.sid}`);
      return `https://api.twilio.com/2010-04-01/Accounts/${account.accountSid}/Messages.json?${params}`;
    };
    const body = {
      end: Math.max(0, page * size + messages.length - 1),
      first_page_uri: address(0),
      next_page_uri: (page + 1) * size < all.length ? address(page + 1) : null,
      page,
      page_size: size,
      previous_page_uri: page > 0 ? address(page - 1) : null,
      messages: messages.map((message) => this.#view(message)),
      start: page * size,
      uri: address(page),
    };
    if (owner !== account.accountSid) return { valid: [200, { ...body, messages: [] }], refused: twilioError(20404) };
    const set = account.refusalOf('list', query.get('To'));
    return { valid: [200, body], ...set };
  }

  /** A message as Twilio shows it. */
  #view(message) {
    const { account } = this;
    const uri = `/2010-04-01/Accounts/${account.accountSid}/Messages/${message.sid}`;
    const isServicePending = message.messagingServiceSid && message.status === 'accepted';
    return {
      account_sid: account.accountSid,
      api_version: '2010-04-01',
      body: message.body,
      date_created: rfc2822(message.at),
      date_sent: message.sentAt && rfc2822(message.sentAt),
      date_updated: rfc2822(message.updatedAt),
      direction: 'outbound-api',
      error_code: message.errorCode,
      error_message: null,
      // A messaging service chooses the sender later.
      from: isServicePending ? null : message.from,
      messaging_service_sid: message.messagingServiceSid,
      num_media: '0',
      num_segments: isServicePending ? '0' : String(message.segments),
      price: null,
      price_unit: 'USD',
      sid: message.sid,
      status: message.status,
      subresource_uris: { media: `${uri}/Media.json` },
      to: message.to,
      uri: `${uri}.json`,
    };
  }
}

function matches(message, query) {
  const is = (name, value) => !query.has(name) || query.get(name) === value;
  if (!is('To', message.to) || !is('From', message.from)) return false;
  const filters = ['DateSent', 'DateSent<', 'DateSent>'].filter((name) => query.has(name));
  if (!filters.length) return true;
  // A message that has not been sent has no date to be found by.
  if (message.sentAt === null) return false;
  return filters.every((name) => {
    const day = /^\d{4}-\d{2}-\d{2}$/.test(query.get(name)) ? 86_400_000 - 1 : 0;
    const from = Date.parse(query.get(name));
    // Twilio's dates are whole seconds.
    const sent = Math.floor(message.sentAt / 1000) * 1000;
    if (name === 'DateSent>') return sent >= Math.floor(from / 1000) * 1000;
    if (name === 'DateSent<') return sent <= from + day;
    return sent >= Math.floor(from / 86_400_000) * 86_400_000 && sent < (Math.floor(from / 86_400_000) + 1) * 86_400_000;
  });
}

function bounded(name, text, most) {
  return figure(name, /^\d{1,7}$/.test(text) ? Math.min(Number(text), most) : 0, most);
}

function rfc2822(milliseconds) {
  return new Date(milliseconds).toUTCString().replace('GMT', '+0000');
}

// Twilio Verify: codes that Twilio makes, sends and checks.

import { randomInt } from 'node:crypto';

import { isNumber } from './routes.mjs';
import { sid } from './sid.mjs';
import { twilioError } from './twilio-errors.mjs';

const SEND_PARAMETERS = [
  'To', 'Channel', 'CustomFriendlyName', 'CustomMessage', 'SendDigits', 'Locale', 'CustomCode', 'Amount', 'Payee',
  'RateLimits', 'ChannelConfiguration', 'AppHash', 'TemplateSid', 'TemplateCustomSubstitutions', 'DeviceIp',
  'EnableSnaClientToken', 'RiskCheck', 'Tags',
];
const CHECK_PARAMETERS = ['Code', 'To', 'VerificationSid', 'Amount', 'Payee', 'SnaClientToken'];
const MOST_SENDS = 5;
const MOST_WRONG_CHECKS = 5;

export class Verifications {
  /** Oldest first. */
  made = [];

  constructor(account) {
    this.account = account;
  }

  send(entry, { owner, form, onlyLook }) {
    const { account } = this;
    account.expect(entry, form, SEND_PARAMETERS);
    const to = form.get('To') ?? '';
    const open = this.#open((verification) => verification.to === to);
    const verification = open ?? {
      sid: sid('VE'),
      to,
      channel: form.get('Channel') ?? 'sms',
      code: form.get('CustomCode') ?? String(randomInt(1_000_000)).padStart(6, '0'),
      status: 'pending',
      sends: [],
      wrongChecks: 0,
      at: Date.now(),
      updatedAt: Date.now(),
    };
    const refused = this.#refusal(entry, owner, form) ?? account.refusalOf('verify', to)?.refused;
    if (refused) return { valid: [201, this.#view(verification)], refused };
    if (verification.sends.length >= MOST_SENDS) {
      return { valid: [201, this.#view(verification)], refused: twilioError(60203) };
    }
    if (onlyLook) return { valid: [201, this.#view(verification)] };
    if (!open) this.made.push(verification);
    verification.sends.push({ time: iso8601(Date.now()), channel: 'SMS', attempt_sid: sid('VL'), request: entry.number });
    verification.updatedAt = Date.now();
    entry.sid = verification.sid;
    return { valid: [201, this.#view(verification)] };
  }

  #refusal(entry, owner, form) {
    if (owner !== this.account.verifyServiceSid) return twilioError(20404);
    if (!form.get('To')) {
      // The check by the description passes over a body that is absent altogether.
      this.account.journal.violation(entry, 'request', 'parameter To', 'A verification without it');
      return twilioError(60200, { message: 'Missing required parameter To in the post body' });
    }
    if (!isNumber(form.get('To'))) return twilioError(60200, { message: `Invalid parameter \`To\`: ${form.get('To')}` });
    if (!['sms', 'call'].includes(form.get('Channel'))) return twilioError(60200);
    return undefined;
  }

  check(entry, { owner, form, onlyLook }) {
    const { account } = this;
    account.expect(entry, form, CHECK_PARAMETERS);
    const [to, itsSid, code] = ['To', 'VerificationSid', 'Code'].map((name) => form.get(name));
    const found = this.#open((verification) => (itsSid ? verification.sid === itsSid : verification.to === to));
    // What a refusal travels beside.
    const some = found ?? { sid: sid('VE'), to, channel: 'sms', status: 'pending', at: Date.now(), updatedAt: Date.now() };
    const answer = (refused) => ({ valid: [account.settings.checkStatus, this.#checkView(some)], refused });
    const set = account.refusalOf('check', some.to);
    if (set) return answer(set.refused);
    if ((!to && !itsSid) || !code) return answer(twilioError(60200));
    if (owner !== account.verifyServiceSid || !found) return answer(twilioError(20404));
    if (onlyLook) return answer(undefined);
    if (found.wrongChecks >= MOST_WRONG_CHECKS) {
      found.status = 'max_attempts_reached';
      return answer(twilioError(60202));
    }
    found.updatedAt = Date.now();
    if (code === found.code) found.status = 'approved';
    else found.wrongChecks += 1;
    return answer(undefined);
  }

  fetch({ owner, name }) {
    // By its SID also once it is over; by the number only while it is open.
    const found = this.made.find(({ sid }) => sid === name) ?? this.#open(({ to }) => to === name);
    if (!found || owner !== this.account.verifyServiceSid) return { valid: [200, {}], refused: twilioError(20404) };
    return { valid: [200, this.#view(found)] };
  }

  update({ owner, name, form, onlyLook }) {
    const found = this.#open(({ sid, to }) => sid === name || to === name);
    if (!found || owner !== this.account.verifyServiceSid) return { valid: [200, {}], refused: twilioError(20404) };
    if (onlyLook) return { valid: [200, this.#view(found)] };
    found.status = form.get('Status');
    found.updatedAt = Date.now();
    return { valid: [200, this.#view(found)] };
  }

  /** The one that is neither approved nor cancelled nor expired, and fits. */
  #open(fits) {
    const since = Date.now() - this.account.settings.verificationMs;
    return this.made.findLast(
      (verification) =>
        ['pending', 'max_attempts_reached'].includes(verification.status) && verification.at > since && fits(verification),
    );
  }

  #view(verification) {
    const service = this.account.verifyServiceSid;
    return {
      ...this.#checkView(verification),
      lookup: {},
      send_code_attempts: verification.sends.map(({ request, ...attempt }) => attempt),
      sna: null,
      url: `https://verify.twilio.com/v2/Services/${service}/Verifications/${verification.sid}`,
    };
  }

  #checkView(verification) {
    return {
      sid: verification.sid,
      service_sid: this.account.verifyServiceSid,
      account_sid: this.account.accountSid,
      to: verification.to,
      channel: verification.channel,
      status: verification.status,
      valid: verification.status === 'approved',
      amount: null,
      payee: null,
      date_created: iso8601(verification.at),
      date_updated: iso8601(verification.updatedAt),
    };
  }
}

function iso8601(milliseconds) {
  return new Date(milliseconds).toISOString().replace(/\.\d+/, '');
}

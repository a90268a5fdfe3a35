// Lookup: what kind of line a number is.

import { isNumber } from './routes.mjs';

/** The kinds that Twilio knows. */
const TYPES = [
  'landline', 'mobile', 'fixedVoip', 'nonFixedVoip', 'personal', 'tollFree', 'premium', 'sharedCost', 'uan', 'voicemail',
  'pager', 'unknown',
];
const COUNTRIES = { 1: 'US', 31: 'NL', 33: 'FR', 39: 'IT', 44: 'GB', 49: 'DE', 61: 'AU', 64: 'NZ', 353: 'IE' };

export class Lookups {
  #lines = new Map();

  constructor(account) {
    this.account = account;
  }

  /** Says what kind of line a number is; `type: null` is one of which Twilio knows nothing. */
  setLine({ to, type, carrier = 'Fake Mobile' }) {
    if (!isNumber(to)) throw new Error('a line needs its number');
    if (type !== null && !TYPES.includes(type)) throw new Error(`there is no line type ${type}: ${TYPES.join(', ')}`);
    this.#lines.set(to, { type, carrier });
  }

  fetch({ owner: number, query }) {
    const code = Object.keys(COUNTRIES).find((prefix) => number.startsWith(`+${prefix}`));
    const valid = isNumber(number);
    const body = {
      calling_country_code: valid ? (code ?? null) : null,
      country_code: valid ? (COUNTRIES[code] ?? null) : null,
      phone_number: number,
      national_format: valid && code ? number.slice(1 + code.length) : null,
      valid,
      validation_errors: valid ? [] : ['NOT_A_NUMBER'],
      url: `https://lookups.twilio.com/v2/PhoneNumbers/${encodeURIComponent(number)}`,
    };
    const fields = (query.get('Fields') ?? '').split(',');
    if (valid && fields.includes('line_type_intelligence')) {
      const { type, carrier } = this.#lines.get(number) ?? { type: 'mobile', carrier: 'Fake Mobile' };
      // Twilio's error for a number of which no carrier says anything.
      body.line_type_intelligence =
        type === null
          ? { error_code: 60601 }
          : { mobile_country_code: '505', mobile_network_code: '01', carrier_name: carrier, type };
    }
    return { valid: [200, body], ...this.account.refusalOf('lookup', number) };
  }
}

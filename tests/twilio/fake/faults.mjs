// Which requests go wrong, and how. The gate does what is chosen here.

import { chance } from './chance.mjs';
import { APIS } from './routes.mjs';

/** By name: whether the account has taken the request, and how it ends. */
const FAULTS = {
  hang: { taken: false, ending: 'hang' },
  'accept-then-hang': { taken: true, ending: 'hang' },
  reset: { taken: false, ending: 'reset' },
  'accept-then-reset': { taken: true, ending: 'reset' },
  429: { taken: false, ending: 'error', code: 20429 },
  500: { taken: false, ending: 'error', code: 20500 },
  'accept-then-500': { taken: true, ending: 'error', code: 20500 },
  503: { taken: false, ending: 'error', code: 20503 },
  'accept-then-503': { taken: true, ending: 'error', code: 20503 },
  'accept-then-garbage': { taken: true, ending: 'garbage' },
  'accept-then-half': { taken: true, ending: 'half' },
  slow: { taken: true, ending: 'answer' },
  late: { taken: true, ending: 'answer' },
};

/** How long a connection hangs, and how long `slow` and `late` take, unless the rule says otherwise. Milliseconds. */
const HANGS_FOR = 60_000;
const TAKES = 1000;
const LONGEST = 600_000;
const MOST_RULES = 1000;

export class Faults {
  #rules = [];

  /** Adds a rule, or several; those added first are asked first. What makes no sense is an error. */
  add(rules) {
    const added = [rules].flat().map(checked);
    if (this.#rules.length + added.length > MOST_RULES) throw new Error(`more than ${MOST_RULES} rules`);
    this.#rules.push(...added);
  }

  clear() {
    this.#rules = [];
  }

  get rules() {
    return this.#rules.map(({ next, ...rule }) => rule);
  }

  /** What goes wrong with a request for `api` that concerns the number `to`; usually nothing. */
  choose(api, to) {
    for (const rule of this.#rules) {
      if (rule.left === 0 || (rule.api && rule.api !== api) || (rule.to && rule.to !== to)) continue;
      if (rule.letPass > 0) {
        rule.letPass -= 1;
        continue;
      }
      if (rule.probability !== null && rule.next() >= rule.probability) continue;
      if (rule.left !== null) rule.left -= 1;
      rule.hit += 1;
      const name = rule.faults[Math.floor(rule.next() * rule.faults.length)];
      return { name, ...FAULTS[name], milliseconds: rule.milliseconds ?? usual(name), retryAfter: rule.retryAfter };
    }
    return undefined;
  }
}

function usual(name) {
  return FAULTS[name].ending === 'hang' ? HANGS_FOR : TAKES;
}

function checked(rule) {
  const known = ['api', 'to', 'fault', 'faults', 'count', 'letPass', 'probability', 'seed', 'milliseconds', 'retryAfter'];
  const unknown = Object.keys(rule ?? {}).find((key) => !known.includes(key));
  if (unknown) throw new Error(`a fault has no ${unknown}`);
  const { api, to, fault, faults = fault === undefined ? [] : [fault], probability = null } = rule ?? {};
  const names = faults.map(String);
  if (!names.length) throw new Error('a fault needs its name');
  for (const name of names) {
    if (!Object.hasOwn(FAULTS, name)) {
      throw new Error(`there is no fault ${name}, but: ${Object.keys(FAULTS).join(', ')}`);
    }
  }
  if (api !== undefined && !APIS.includes(api)) throw new Error(`there is no api ${api}, but: ${APIS.join(', ')}`);
  if (probability !== null && !(probability >= 0 && probability <= 1)) throw new Error('a probability is from 0 to 1');
  return {
    api: api ?? null,
    to: to ?? null,
    faults: names,
    // How many more times it may happen; null: always.
    left: figure('count', rule.count, 1e9) ?? (probability === null ? 1 : null),
    letPass: figure('letPass', rule.letPass, 1e9) ?? 0,
    probability,
    milliseconds: figure('milliseconds', rule.milliseconds, LONGEST) ?? null,
    retryAfter: figure('retryAfter', rule.retryAfter, 86_400) ?? null,
    hit: 0,
    next: chance(figure('seed', rule.seed, 2 ** 32 - 1) ?? 0),
  };
}

/** A whole number from 0 to `most`, or nothing. */
export function figure(name, value, most) {
  if (value === undefined || value === null) return undefined;
  if (!Number.isInteger(value) || value < 0 || value > most) {
    throw new Error(`${name} is a whole number from 0 to ${most}`);
  }
  return value;
}

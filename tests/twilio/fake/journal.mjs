// Everything that has happened, each kind numbered from 1, so that a reader asks for what it has not seen.

/** Of each kind; older ones are forgotten, and counted. A run of a crash test makes some ten thousand. */
const KEPT = 100_000;

class Kept {
  #items = [];
  #count = 0;

  add(item) {
    this.#count += 1;
    const numbered = Object.assign(item, { number: this.#count });
    this.#items.push(numbered);
    if (this.#items.length > KEPT) this.#items.splice(0, KEPT / 10);
    return numbered;
  }

  after(number) {
    // They are in order and without gaps.
    const first = this.#items.length ? this.#items[0].number : 1;
    return this.#items.slice(Math.max(0, number + 1 - first));
  }
}

export class Journal {
  constructor() {
    this.reset();
  }

  reset() {
    this.requests = new Kept();
    this.violations = new Kept();
    this.callbacks = new Kept();
  }

  /** Notes that something is not as Twilio's description, or Twilio, has it. */
  violation(request, of, location, words) {
    this.violations.add({ request: request?.number ?? null, api: request?.api ?? null, of, location, words });
  }
}

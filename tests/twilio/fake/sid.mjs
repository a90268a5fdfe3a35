import { randomBytes } from 'node:crypto';

/** A new identifier of Twilio's kind: two letters and 32 hexadecimal digits. */
export function sid(prefix) {
  return prefix + randomBytes(16).toString('hex');
}

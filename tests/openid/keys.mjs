// Keys of each kind that a provider may sign with.

import { generateKeyPairSync, randomUUID } from 'node:crypto';

const KINDS = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};

/** A new key: the two halves, and both as JSON Web Keys. */
export function newKey(alg, kid = randomUUID()) {
  const { privateKey, publicKey } = KINDS[alg]();
  const about = { kid, alg, use: 'sig' };
  return {
    kid,
    alg,
    privateKey,
    publicKey,
    secret: { ...privateKey.export({ format: 'jwk' }), ...about },
    published: { ...publicKey.export({ format: 'jwk' }), ...about },
  };
}

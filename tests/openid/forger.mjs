// A provider that does what no honest one does: what its ID tokens say, and how they are signed, is ordered.

import { constants, createHash, createHmac, randomUUID, sign } from 'node:crypto';

import { answer, read } from './http.mjs';
import { newKey } from './keys.mjs';

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

export class Forger {
  /** How often each address was asked. */
  asked = { discovery: 0, jwks: 0, token: 0, userinfo: 0 };
  #issuer;
  #codes = new Map();
  #key = newKey('RS256');
  #other = newKey('RS256');
  #orders = {};

  constructor(issuer) {
    this.#issuer = issuer;
  }

  /**
   * What is wrong from now on; all else is right.
   * - `claims`: of the ID token, `null` to leave one out; `{"now": seconds}` for a time from now on
   * - `header`: of the ID token
   * - `sign`: `none`, `no-signature`, `two-parts`, `hmac-with-public-key`, `hmac-with-secret`, `other-key`, `tampered`
   * - `alg`: RS256 (what it is without), PS256, ES256, ES384, EdDSA
   * - `rotate`: a new key, published at once; `same-kid` under the name of the one before
   * - `metadata`, `jwks`: instead of what is published
   * - `callback`: parameters of the way back, `null` to leave one out
   * - `token`, `userinfo`, `discovery`: `{"status": …, "body": …, "headers": …}` instead of an answer
   */
  change(orders) {
    this.#orders = orders;
    const alg = orders.alg ?? 'RS256';
    const kid = orders.rotate === 'same-kid' ? this.#key.kid : undefined;
    if (orders.rotate || alg !== this.#key.alg) this.#key = newKey(alg, kid);
  }

  async handle(request, response) {
    const url = new URL(request.url, this.#issuer);
    const path = url.pathname.slice('/forger'.length);
    const orders = this.#orders;
    switch (path) {
      case '/.well-known/openid-configuration':
        this.asked.discovery += 1;
        return orders.discovery ? instead(response, orders.discovery) : answer(response, 200, this.#metadata());
      case '/jwks':
        this.asked.jwks += 1;
        return answer(response, 200, orders.jwks ?? { keys: [this.#key.published] });
      case '/auth':
        return this.#authorize(url, response);
      case '/token':
        this.asked.token += 1;
        return orders.token ? instead(response, orders.token) : this.#token(request, response);
      case '/userinfo':
        this.asked.userinfo += 1;
        return orders.userinfo ? instead(response, orders.userinfo) : answer(response, 404, {});
      default:
        return answer(response, 404, {});
    }
  }

  #metadata() {
    const issuer = this.#issuer;
    return {
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      // As some do, it promises more than it should.
      id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none', 'ES512', 'Ed25519'],
      ...this.#orders.metadata,
    };
  }

  #authorize(url, response) {
    const asked = Object.fromEntries(url.searchParams);
    const code = randomUUID();
    this.#codes.set(code, asked);
    const back = new URL(asked.redirect_uri);
    const told = { code, state: asked.state, ...this.#orders.callback };
    for (const [name, value] of Object.entries(told)) if (value !== null) back.searchParams.set(name, value);
    response.writeHead(302, { location: back.href });
    response.end();
  }

  async #token(request, response) {
    const form = Object.fromEntries(new URLSearchParams(await read(request)));
    const asked = this.#codes.get(form.code);
    this.#codes.delete(form.code);
    const challenge = createHash('sha256').update(form.code_verifier ?? '').digest('base64url');
    const isRight =
      asked?.code_challenge_method === 'S256' &&
      asked.code_challenge === challenge &&
      asked.redirect_uri === form.redirect_uri &&
      form.grant_type === 'authorization_code';
    if (!isRight) return answer(response, 400, { error: 'invalid_grant' });
    const token = { access_token: randomUUID(), token_type: 'Bearer', expires_in: 60, id_token: this.#idToken(asked) };
    return answer(response, 200, token);
  }

  #idToken({ nonce, client_id }) {
    const now = Math.floor(Date.now() / 1000);
    const orders = this.#orders;
    const claims = {
      iss: this.#issuer,
      sub: 'kim',
      aud: client_id,
      exp: now + 300,
      iat: now,
      nonce,
      name: 'Kim Forger',
      standby: ['demo:TEAM_MEMBER'],
    };
    for (const [name, value] of Object.entries(orders.claims ?? {})) {
      if (value === null) delete claims[name];
      else claims[name] = typeof value === 'object' && 'now' in value ? now + value.now : value;
    }
    const header = { alg: this.#key.alg, kid: this.#key.kid, typ: 'JWT', ...orders.header };
    return this.#signed(header, claims);
  }

  #signed(header, claims) {
    const forge = this.#orders.sign;
    const hmac = { none: 'none', 'hmac-with-public-key': 'HS256', 'hmac-with-secret': 'HS256' }[forge];
    if (hmac) header.alg = hmac;
    const content = `${encode(header)}.${encode(claims)}`;
    switch (forge) {
      case 'none':
      case 'no-signature':
        return `${content}.`;
      case 'two-parts':
        return content;
      case 'hmac-with-public-key': {
        const key = this.#key.publicKey.export({ type: 'spki', format: 'pem' });
        return `${content}.${createHmac('sha256', key).update(content).digest('base64url')}`;
      }
      case 'hmac-with-secret':
        return `${content}.${createHmac('sha256', 'forged').update(content).digest('base64url')}`;
      case 'other-key':
        return `${content}.${signature(this.#other, content)}`;
      case 'tampered': {
        const better = encode({ ...claims, standby: ['demo:CLINIC_ADMIN'] });
        return `${encode(header)}.${better}.${signature(this.#key, content)}`;
      }
      default:
        return `${content}.${signature(this.#key, content)}`;
    }
  }
}

function signature({ alg, privateKey }, content) {
  const hash = alg === 'EdDSA' ? null : `sha${alg.slice(2)}`;
  const padding = alg.startsWith('PS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {};
  return sign(hash, Buffer.from(content), { key: privateKey, dsaEncoding: 'ieee-p1363', ...padding }).toString(
    'base64url',
  );
}

function instead(response, { status = 200, body = {}, headers = {}, bytes }) {
  if (bytes) return answer(response, status, ' '.repeat(bytes), headers);
  return answer(response, status, body, headers);
}

// npm oidc-provider with people instead of passwords: whoever is named at its sign-in page is signed in.

import { Provider, interactionPolicy } from 'oidc-provider';

import { answer, read } from './http.mjs';
import { newKey } from './keys.mjs';

/** Its own, and whoever is signed in already can be asked who they are. */
const POLICY = interactionPolicy.base();
POLICY.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0);

const CLAIMS = ['name', 'preferred_username', 'standby', 'organisation'];

export class RealProvider {
  secret = 'a secret with: odd + characters/';
  /** Claims by subject. */
  people = {};
  #origin;
  #settings = { alg: 'RS256', inIdToken: true, redirectUris: ['http://127.0.0.1/'], auth: 'client_secret_basic' };
  #keys = [newKey('RS256')];
  #provider;

  constructor(origin) {
    this.#origin = origin;
    this.#start();
  }

  /** `rotate`: signs with a new key, and publishes no other. The rest are settings of this file. */
  change({ rotate, ...settings }) {
    const { alg } = this.#settings;
    Object.assign(this.#settings, settings);
    if (rotate || this.#settings.alg !== alg) this.#keys = [newKey(this.#settings.alg)];
    this.#start();
  }

  #start() {
    const { alg, inIdToken, redirectUris, auth } = this.#settings;
    const provider = new Provider(this.#origin, {
      clients: [
        {
          client_id: 'standby',
          client_secret: this.secret,
          redirect_uris: redirectUris,
          token_endpoint_auth_method: auth,
          id_token_signed_response_alg: alg,
        },
      ],
      // Else the provider would not offer the other way.
      clientAuthMethods: [auth],
      jwks: { keys: this.#keys.map((key) => key.secret) },
      cookies: { keys: ['only for tests'] },
      claims: { openid: ['sub'], profile: CLAIMS },
      // Standard: with an access token, claims are told by UserInfo only.
      conformIdTokenClaims: !inIdToken,
      features: { devInteractions: { enabled: false } },
      interactions: { policy: POLICY, url: (_, interaction) => `/sign-in/${interaction.uid}` },
      pkce: { required: () => true },
      ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 300, Interaction: 600, Session: 600, Grant: 600 },
      findAccount: (_, sub) => this.#account(sub),
      loadExistingGrant: (ctx) => this.#grant(provider, ctx),
      renderError: (ctx, out) => {
        ctx.type = 'json';
        ctx.body = out;
      },
    });
    this.#provider = provider;
  }

  #account(sub) {
    const claims = this.people[sub];
    return claims && { accountId: sub, claims: () => ({ sub, ...claims }) };
  }

  /** Nobody is asked for consent: the client is the organisation's own. */
  async #grant(provider, ctx) {
    const { client, account } = ctx.oidc;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: account.accountId });
    grant.addOIDCScope('openid profile');
    await grant.save();
    return grant;
  }

  async handle(request, response) {
    if (!request.url.startsWith('/sign-in/')) return this.#provider.callback()(request, response);
    if (request.method !== 'POST') {
      // Throws where the browser is another one.
      await this.#provider.interactionDetails(request, response);
      return answer(response, 200, 'Who are you?', { 'content-type': 'text/plain' });
    }
    const form = new URLSearchParams(await read(request));
    const person = form.get('person');
    const result = person
      ? { login: { accountId: person }, select_account: {} }
      : { error: 'access_denied', error_description: '<script>told by the provider</script>' };
    return this.#provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }
}

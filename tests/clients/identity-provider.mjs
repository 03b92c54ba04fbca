// An organisation's own identity provider: `oidc-provider`, with its own pages for login and consent, and JWT access tokens.
//
// The plan is the first line of stdin: {audience, redirect, accounts: {login: claims}}. Each later line asks for something, and each line on
// stdout answers: {"rotate": true} replaces the keys; {"forge": {header, claims, how}} signs claims with the provider's own key, or as `how` says.

import { createHmac, createPublicKey, generateKeyPairSync, sign as signature } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const tell = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const plan = JSON.parse((await lines.next()).value);

let handler;
let key;
let generation = 0;
const server = createServer((request, response) => handler(request, response));
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const issuer = `http://127.0.0.1:${server.address().port}`;

/** Begins anew, with a key nobody knows yet. */
function begin() {
  const kid = `key-${(generation += 1)}`;
  key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const provider = new Provider(issuer, {
    jwks: { keys: [{ ...key.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' }] },
    clients: [
      {
        client_id: 'agent',
        application_type: 'native',
        redirect_uris: [plan.redirect],
        token_endpoint_auth_method: 'none',
      },
    ],
    cookies: { keys: ['only for tests'] },
    findAccount: (_, login) =>
      login in plan.accounts ? { accountId: login, claims: () => ({ sub: login }) } : undefined,
    extraTokenClaims: (_, token) => plan.accounts[token.accountId],
    features: {
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource) => ({
          scope: 'code:read',
          audience: resource,
          accessTokenTTL: 300,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
  handler = provider.callback();
  return kid;
}

const coded = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A token as an attacker, a careless provider, or one with a skewed clock would make it. */
function forge({ header, claims, how }) {
  const input = `${coded({ alg: 'RS256', typ: 'at+jwt', kid: `key-${generation}`, ...header })}.${coded(claims)}`;
  if (how === 'none') return `${input}.`;
  if (how === 'hmac') {
    const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' });
    return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`;
  }
  const used = how === 'other' ? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey : key;
  return `${input}.${signature('sha256', Buffer.from(input), used).toString('base64url')}`;
}

begin();
tell({ issuer });
for await (const line of lines) {
  const asked = JSON.parse(line);
  tell(asked.rotate ? { kid: begin() } : { token: forge(asked.forge) });
}
process.exit(0);

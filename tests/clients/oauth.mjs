// What every TypeScript client does with a server that wants a login, told to a test line by line.
//
// The plan comes in as the first line of stdin: {url, redirect, tool, era, metadata_url}. A line {"open": url} on stdout asks the test to open a page in a
// browser; the line that comes back is the address the browser was sent to. {"expire": true} asks it to let access tokens expire.

import { createInterface } from 'node:readline';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const hear = async () => JSON.parse((await lines.next()).value);

async function ask(question) {
  process.stdout.write(`${JSON.stringify(question)}\n`);
  return await hear();
}

export const plan = await hear();

/** Keeps in memory what a client keeps between runs. */
class Provider {
  constructor() {
    this.redirectUrl = plan.redirect;
    this.clientMetadataUrl = plan.metadata_url ?? undefined;
    this.clientMetadata = {
      client_name: 'louver test',
      redirect_uris: [plan.redirect],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
    this.kept = {};
    this.pages = [];
  }
  state() {
    return (this.kept.state ??= crypto.randomUUID());
  }
  clientInformation() {
    return this.kept.client;
  }
  saveClientInformation(client) {
    this.kept.client = client;
  }
  tokens() {
    return this.kept.tokens;
  }
  saveTokens(tokens) {
    this.kept.tokens = tokens;
  }
  redirectToAuthorization(url) {
    this.pages.push(url.href);
  }
  saveCodeVerifier(verifier) {
    this.kept.verifier = verifier;
  }
  codeVerifier() {
    return this.kept.verifier;
  }
  saveDiscoveryState(state) {
    this.kept.discovery = state;
  }
  discoveryState() {
    return this.kept.discovery;
  }
  invalidateCredentials(scope) {
    if (scope === 'all' || scope === 'tokens') delete this.kept.tokens;
    if (scope === 'all' || scope === 'client') delete this.kept.client;
  }
}

/** Logs in, calls the tool, lets the token expire and calls again, revokes and is asked to log in. `connect` takes a provider. */
export async function logIn(connect, finish) {
  const provider = new Provider();
  const summary = { calls: [] };
  const page = async (attempt) => {
    try {
      await attempt();
    } catch (error) {
      if (error.name !== 'UnauthorizedError' && error.constructor.name !== 'UnauthorizedError') throw error;
      return provider.pages.at(-1);
    }
    throw new Error('louver let somebody in without a login');
  };
  let { client, transport } = connect(provider);
  const callback = new URL(await ask({ open: await page(() => client.connect(transport)) }));
  if (callback.searchParams.get('state') !== provider.kept.state) throw new Error('another state came back');
  await finish(transport, callback.searchParams);

  ({ client, transport } = connect(provider));
  await client.connect(transport);
  const call = async () => {
    const result = await client.callTool({ name: plan.tool, arguments: {} });
    summary.calls.push(result.content.map((it) => it.text).join('\n'));
  };
  await call();
  const first = provider.tokens();
  await ask({ expire: true });
  await call();
  const second = provider.tokens();
  summary.refreshed = first.access_token !== second.access_token && first.refresh_token !== second.refresh_token;

  const server = provider.kept.discovery.authorizationServerMetadata;
  const body = new URLSearchParams({ token: second.refresh_token, client_id: provider.kept.client.client_id });
  const revoked = await fetch(server.revocation_endpoint, { method: 'POST', body });
  if (!revoked.ok) throw new Error(`the revocation was answered with ${revoked.status}`);
  summary.pages = provider.pages.length;
  summary.asked_again = (await page(call)) !== undefined && provider.pages.length > summary.pages;
  summary.client_id = provider.kept.client.client_id;
  process.stdout.write(`${JSON.stringify({ done: summary })}\n`);
  await client.close();
  process.exit(0);
}

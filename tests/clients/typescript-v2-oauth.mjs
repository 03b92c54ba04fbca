// Logs in through version 2 of the TypeScript SDK, in the era the plan names: `auto` or `legacy`.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { logIn, plan } from './oauth.mjs';

const options = plan.era === 'auto' ? { versionNegotiation: { mode: 'auto' } } : {};

await logIn(
  (authProvider) => ({
    client: new Client({ name: 'typescript-v2', version: '2.4.0' }, options),
    transport: new StreamableHTTPClientTransport(new URL(plan.url), { authProvider }),
  }),
  // It checks the issuer of the answer by itself.
  (transport, answer) => transport.finishAuth(answer),
);

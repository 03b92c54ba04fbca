// Logs in through version 1 of the TypeScript SDK.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { logIn, plan } from './oauth.mjs';

await logIn(
  (authProvider) => ({
    client: new Client({ name: 'typescript-v1', version: '1.32.2' }),
    transport: new StreamableHTTPClientTransport(new URL(plan.url), { authProvider }),
  }),
  (transport, answer) => transport.finishAuth(answer.get('code')),
);

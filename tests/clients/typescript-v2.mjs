// Drives louver through version 2 of the TypeScript SDK, in the era the plan names: `auto` or `legacy`.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { exercise, plan, tell } from './exercise.mjs';

const { url, command, args } = plan.transport;
const transport = url ? new StreamableHTTPClientTransport(new URL(url)) : new StdioClientTransport({ command, args });
const options = plan.era === 'auto' ? { versionNegotiation: { mode: 'auto' } } : {};

const client = new Client({ name: 'typescript-v2', version: '2.4.0' }, options);
await client.connect(transport);
tell(await exercise(client, client.getNegotiatedProtocolVersion()));
await client.close();

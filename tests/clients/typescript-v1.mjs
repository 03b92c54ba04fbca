// Drives louver through version 1 of the TypeScript SDK, which knows the revisions up to 2025-11-25.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { exercise, plan, tell } from './exercise.mjs';

const { url, command, args } = plan.transport;
const transport = url ? new StreamableHTTPClientTransport(new URL(url)) : new StdioClientTransport({ command, args });
// Over stdio the negotiated revision is told to the transport and kept by nobody; this is how it is told.
let negotiated;
const tellHttp = transport.setProtocolVersion?.bind(transport);
transport.setProtocolVersion = (revision) => {
  negotiated = revision;
  tellHttp?.(revision);
};

const client = new Client({ name: 'typescript-v1', version: '1.32.2' });
await client.connect(transport);
tell(await exercise(client, negotiated));
await client.close();

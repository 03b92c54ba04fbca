// Serves client-id metadata documents over HTTPS, each of which names its own address.
//
// The plan on stdin is one line: {key, cert, redirect_uris}. The port is written to stdout; the server ends with its stdin.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createInterface } from 'node:readline';

const lines = createInterface({ input: process.stdin });
lines.once('line', (line) => {
  const { key, cert, redirect_uris } = JSON.parse(line);
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    const client_id = `https://localhost:${server.address().port}${request.url}`;
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ client_id, client_name: 'Described', redirect_uris }));
  });
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
});
lines.once('close', () => process.exit(0));

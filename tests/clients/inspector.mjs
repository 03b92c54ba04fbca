// Drives louver through the command line of the MCP inspector, one process for each question.
//
// The plan is that of exercise.mjs. `--strict` makes the inspector fail on a tool schema that some client cannot use.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { answer, plan, tell } from './exercise.mjs';

const manifest = createRequire(import.meta.url).resolve('@modelcontextprotocol/inspector/package.json');
const program = join(dirname(manifest), 'clients/launcher/build/index.js');
const { url, command, args } = plan.transport;
const era = plan.era === 'auto' ? 'modern' : 'legacy';

function ask(...question) {
  const own = ['--protocol-era', era, '--format', 'json', '--quiet', '--method', ...question];
  const line = url
    ? ['--cli', '--server-url', url, '--transport', 'http', ...own]
    : ['--cli', ...own, '--', command, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...line], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      // A tool that answers with an error ends the inspector with 5 and its result all the same.
      if (code === 0 || code === 5) {
        resolve(JSON.parse(out));
      } else {
        reject(new Error(`${question.join(' ')} ended with ${code}: ${err}${out}`));
      }
    });
  });
}

/** Runs thunks a few at a time and gives their results in order. */
async function few(thunks) {
  const results = new Array(thunks.length);
  let next = 0;
  const worker = async () => {
    while (next < thunks.length) {
      const mine = next++;
      results[mine] = await thunks[mine]();
    }
  };
  await Promise.all(Array.from({ length: 3 }, worker));
  return results;
}

const [tools, resources, templates, prompts] = await few([
  () => ask('tools/list', '--strict'),
  () => ask('resources/list'),
  () => ask('resources/templates/list'),
  () => ask('prompts/list'),
]);
const calls = await few(
  plan.calls.map(({ tool, arguments: given }) => async () => {
    const { result } = await ask('tools/call', '--tool-name', tool, '--tool-args-json', JSON.stringify(given));
    return answer(tool, result);
  }),
);
const read = await few(
  plan.read.map((uri) => async () => {
    const { result } = await ask('resources/read', '--uri', uri);
    return { name: uri, text: result.contents.map((it) => it.text).join('\n'), meta: result._meta };
  }),
);
const got = await few(
  plan.prompts.map(({ name, arguments: given }) => async () => {
    const pairs = Object.entries(given).map(([key, value]) => `${key}=${value}`);
    const { result } = await ask('prompts/get', '--prompt-name', name, '--prompt-args', ...pairs);
    return { name, text: result.messages.map((it) => it.content.text).join('\n') };
  }),
);
tell({
  tools: tools.result.tools,
  resources: resources.result.resources,
  templates: templates.result.resourceTemplates,
  prompts: prompts.result.prompts,
  calls,
  read,
  got,
});

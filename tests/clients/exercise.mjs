// What every TypeScript client does with a server, and the summary a test reads from its stdout.
//
// A plan comes in on stdin: {transport, era, calls: [{tool, arguments}], read: [uri], prompts: [{name, arguments}]}.

import { readFileSync } from 'node:fs';

export const plan = JSON.parse(readFileSync(0, 'utf8'));

/** Lists and uses everything a connected client of either TypeScript SDK can. */
export async function exercise(client, revision) {
  const summary = {
    revision,
    server: client.getServerVersion(),
    instructions: client.getInstructions(),
    tools: (await client.listTools()).tools,
    resources: (await client.listResources()).resources,
    templates: (await client.listResourceTemplates()).resourceTemplates,
    prompts: (await client.listPrompts()).prompts,
    calls: [],
    read: [],
    got: [],
  };
  for (const { tool, arguments: given } of plan.calls) {
    summary.calls.push(answer(tool, await client.callTool({ name: tool, arguments: given })));
  }
  for (const uri of plan.read) {
    const { contents, _meta } = await client.readResource({ uri });
    summary.read.push({ name: uri, text: contents.map((it) => it.text).join('\n'), meta: _meta });
  }
  for (const { name, arguments: given } of plan.prompts) {
    const { messages } = await client.getPrompt({ name, arguments: given });
    summary.got.push({ name, text: messages.map((it) => it.content.text).join('\n') });
  }
  return summary;
}

/** One tool result as the summary tells it. */
export function answer(name, result) {
  return {
    name,
    text: result.content.map((it) => it.text).join('\n'),
    is_error: result.isError === true,
    meta: result._meta,
  };
}

/** Writes the summary; the process ends when the transport is closed. */
export function tell(summary) {
  process.stdout.write(`${JSON.stringify(summary)}\n`);
}

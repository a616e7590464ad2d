/** /llms.txt: what this server is and where it describes itself, for language models (llmstxt.org). */
import type { AsyncApi, OpenApi } from "./documents.js";

/** Addresses are relative: a proxy may put a path before them. */
export function renderLlmsText(openApi: OpenApi, asyncApi: AsyncApi, version: string): string {
  const calls = Object.entries(openApi.paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, operation]) =>
      method === "parameters"
        ? []
        : [`- ${method.toUpperCase()} ${path}: ${(operation as { summary: string }).summary}`],
    ),
  );
  const events = Object.values(asyncApi.components.messages).map(({ name }) => `- ${name}`);
  return `# max-harness

> A reproducible simulated market behind the MAX realtime API: REST and Socket.IO. Version ${version}.

Lists have \`data\`, \`nextCursor\` and \`hasMore\`. Errors are RFC 9457 problem documents. Every timestamp is simulated time. Calls that control the simulation need \`Authorization: Bearer TOKEN\`.

## Documents

- [REST](openapi.json): OpenAPI, each call with its schemas
- [Events](asyncapi.json): AsyncAPI, each event with its schema
- [Problems](docs/problems): every error, with what to do

## Events (Socket.IO at /socket.io/, one argument each)

${events.join("\n")}

## Calls

${calls.join("\n")}
`;
}

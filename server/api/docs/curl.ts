/** An operation as a command that can be pasted: against the default address, with the examples of the schemas. */
import { type OpenApi, type Operation, type Parameter, nameOf } from "./documents.js";

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function exampleBody(operation: Operation, document: OpenApi): string | undefined {
  const reference = operation.requestBody?.content["application/json"].schema.$ref;
  if (reference === undefined) return undefined;
  const [example] = document.components.schemas[nameOf(reference)]?.examples ?? [];
  return example === undefined ? undefined : JSON.stringify(example);
}

/**
 * @param parameters those of the operation and of its path
 * @example curlOf("get", "/api/agents/{agentId}", parameters, operation, document)
 * // curl http://localhost:8000/api/agents/agent-789
 */
export function curlOf(
  method: string,
  path: string,
  parameters: readonly Parameter[],
  operation: Operation,
  document: OpenApi,
): string {
  const inPath = new Map(parameters.filter((parameter) => parameter.in === "path").map((one) => [one.name, one]));
  const filled = path.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const example = inPath.get(name)?.schema.examples?.[0];
    return typeof example === "string" ? example : whole;
  });
  const body = exampleBody(operation, document);
  return [
    "curl",
    ...(method === "get" ? [] : [`-X ${method.toUpperCase()}`]),
    `http://localhost:8000${filled}`,
    ...(operation.security === undefined ? [] : ['-H "Authorization: Bearer $MAX_TOKEN"']),
    ...(body === undefined ? [] : ["-H 'Content-Type: application/json'", `-d ${quote(body)}`]),
  ].join(" ");
}

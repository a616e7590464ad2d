/** The checker's table of operations and the OpenAPI document say the same. */
import { expect, test } from "vitest";
import openapi from "../../../schemas/openapi.json" with { type: "json" };
import { operations } from "./operations.js";

interface Documented {
  readonly responses: Readonly<Record<string, unknown>>;
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: { readonly $ref: string } }>> };
}

/** They depend on load and on stopping. */
const circumstances = new Set([429, 503]);

/** Parameters have names of their own in the document; here only their places count. */
function comparable(method: string, path: string, statuses: readonly number[], request: string | undefined): string {
  const counted = statuses.filter((status) => !circumstances.has(status)).toSorted((a, b) => a - b);
  return `${method} ${path.replaceAll(/:\w+|\{\w+\}/g, "*")} ${counted.join(" ")} ${request ?? ""}`.trimEnd();
}

test("every operation of the OpenAPI document is in the table, with its statuses and its request", () => {
  const documented = Object.entries(openapi.paths as unknown as Record<string, Record<string, Documented>>).flatMap(
    ([path, item]) =>
      Object.entries(item)
        .filter(([method]) => ["get", "post", "patch", "delete", "put"].includes(method))
        .map(([method, { responses, requestBody }]) => {
          const schema = Object.values(requestBody?.content ?? {})[0]?.schema.$ref.replace("./", "");
          return comparable(method.toUpperCase(), path, Object.keys(responses).map(Number), schema);
        }),
  );
  const table = operations.map(({ method, path, success, errors, request }) =>
    comparable(method, path, [success, ...errors], request),
  );
  const remedy =
    "give it a row: in operations.ts what another implementation must have, in extension-operations.ts what is ours";
  expect(table.toSorted(), remedy).toEqual(documented.toSorted());
});

/** Every example is valid, and the committed types are those of the schemas. */
import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect, test } from "vitest";
import { readSchemas } from "../scripts/build/generate-source.js";
import { generateTypes } from "../scripts/build/generate-types.js";
import { publishedRoot } from "./package-root.js";
import documented from "./documented-examples.json" with { type: "json" };
import { type SchemaPath, eventNames, eventSchemaPaths, findViolations, isEventName, schemaFiles } from "./index.js";

const paths = Object.keys(schemaFiles) as SchemaPath[];
const broadcastSchemaPaths: Readonly<Record<string, SchemaPath>> = {
  broadcastMarketUpdate: "broadcasts/market-update.schema.json",
  broadcastSectorCandleUpdate: "broadcasts/sector-candle-update.schema.json",
  broadcastNewMessage: "broadcasts/new-message.schema.json",
  broadcastAgentStatusUpdate: "broadcasts/agent-status-update.schema.json",
};

test("every schema is one by the meta-schema of JSON Schema 2020-12, in strict mode", () => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  addFormats.default(ajv);
  for (const schema of Object.values(schemaFiles)) ajv.addSchema(schema);
  for (const { $id } of Object.values(schemaFiles)) expect(ajv.getSchema($id)).toBeDefined();
});

test.each(paths)("%s names the address where the published package has it", (path) => {
  expect(schemaFiles[path].$id).toBe(`${publishedRoot}schemas/${path}`);
});

/** All schemas of a file that carry examples, as pointers with their examples. */
function examplesOf(path: SchemaPath): { pointer: string; example: unknown }[] {
  const found: { pointer: string; example: unknown }[] = [];
  const schema: { examples?: readonly unknown[] } = schemaFiles[path] as object;
  for (const example of schema.examples ?? []) found.push({ pointer: "", example });
  return found;
}

test.each(paths.filter((path) => path !== "common.schema.json"))("%s has examples, and each is valid", (path) => {
  const examples = examplesOf(path);
  expect(examples.length).toBeGreaterThan(0);
  const remedy = `make the examples at the end of schemas/${path} valid`;
  for (const { example } of examples) expect(findViolations(path, example), remedy).toEqual([]);
});

test.each(documented.events)("the documented example of $event is valid", ({ event, payload }) => {
  expect(isEventName(event)).toBe(true);
  if (isEventName(event)) expect(findViolations(eventSchemaPaths[event], payload)).toEqual([]);
});

test("every documented event has a documented example", () => {
  expect(documented.events.map(({ event }) => event)).toEqual([...eventNames]);
});

test.each(documented.broadcasts)("the documented call of $function is valid", ({ function: name, input }) => {
  expect(findViolations(broadcastSchemaPaths[name], input)).toEqual([]);
});

test.each([
  ["2025-01-15T10:30:00Z", true],
  ["2025-01-15T10:30:00.123456Z", true],
  ["2025-01-15 10:30:00Z", false],
  ["2025-01-15T10:30:00", false],
  ["2025-01-15T10:30:00+00:00", false],
  ["2025-13-15T10:30:00Z", false],
  ["2025-01-15T10:30:00z", false],
])("the timestamp %s is valid: %s", (timestamp, valid) => {
  expect(findViolations("events/market-update.schema.json", { timestamp, indexValue: 1 }).length === 0).toBe(valid);
});

test("regenerating the types changes nothing", async () => {
  const committed = await readFile(new URL("generated/types.ts", import.meta.url), "utf8");
  expect(await generateTypes(await readSchemas()), "a schema has changed: run `npm run generate`").toBe(committed);
});

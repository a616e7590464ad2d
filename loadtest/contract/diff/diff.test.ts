import { OptionError } from "../../core/errors.js";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { schemaFiles } from "../../../schemas/index.js";
import type { SchemaNode } from "../../../schemas/schema-tree.js";
import { diffSchemas, readSchemaFolder } from "./diff.js";
import { formatDiffText } from "./text.js";

type Change = (schema: Record<string, never>) => void;

function folder(path: keyof typeof schemaFiles, change?: Change): Map<string, SchemaNode> {
  const files = new Map<string, SchemaNode>([
    ["common.schema.json", schemaFiles["common.schema.json"]],
    ["plan.schema.json", schemaFiles["plan.schema.json"]],
    ["comparison.schema.json", schemaFiles["comparison.schema.json"]],
    ["resources/cluster-member.schema.json", schemaFiles["resources/cluster-member.schema.json"]],
    [path, structuredClone(schemaFiles[path])],
  ]);
  change?.(files.get(path) as unknown as Record<string, never>);
  return files;
}

interface Case {
  readonly name: string;
  readonly path: keyof typeof schemaFiles;
  readonly change: (schema: {
    required: string[];
    properties: Record<string, Record<string, unknown>>;
    additionalProperties?: boolean;
  }) => void;
  readonly breaking: boolean;
  readonly keyword: string;
}

const cases: readonly Case[] = [
  {
    name: "a request that needs one more field",
    path: "requests/agent-create.schema.json",
    change: ({ required }) => void required.push("status"),
    breaking: true,
    keyword: "required",
  },
  {
    name: "a request that needs one field less",
    path: "requests/agent-create.schema.json",
    change: (schema) => void (schema.required = ["name"]),
    breaking: false,
    keyword: "required",
  },
  {
    name: "a request with a tighter limit",
    path: "requests/message-create.schema.json",
    change: ({ properties }) => void (properties["authorName"]["maxLength"] = 60),
    breaking: true,
    keyword: "maxLength",
  },
  {
    name: "a request that is open now",
    path: "requests/agent-create.schema.json",
    change: (schema) => void (schema.additionalProperties = true),
    breaking: false,
    keyword: "additionalProperties",
  },
  {
    name: "an event that may miss a field",
    path: "events/agent-status-update.schema.json",
    change: (schema) => void (schema.required = ["agentId"]),
    breaking: true,
    keyword: "required",
  },
  {
    name: "an event with a new required field",
    path: "events/market-update.schema.json",
    change: ({ required }) => void required.push("sectorId"),
    breaking: false,
    keyword: "required",
  },
  {
    name: "an answer with one more value of an enumeration",
    path: "resources/health.schema.json",
    change: ({ properties }) => void (properties["status"]["enum"] = ["ok", "draining", "sleeping"]),
    breaking: true,
    keyword: "enum",
  },
  {
    name: "an answer whose number may be text",
    path: "resources/health.schema.json",
    change: ({ properties }) => void (properties["uptimeSeconds"]["type"] = ["number", "string"]),
    breaking: true,
    keyword: "type",
  },
  {
    name: "a summary that may miss a field",
    path: "summary.schema.json",
    change: ({ required }) => void required.splice(0, 1),
    breaking: true,
    keyword: "required",
  },
  {
    name: "a plan with one more field, which old plans do without",
    path: "plan.schema.json",
    change: ({ properties }) => void (properties["mood"] = { type: "string" }),
    breaking: false,
    keyword: "additionalProperties",
  },
];

test.each(cases)("$name is told by a payload", ({ path, change, breaking, keyword }) => {
  const [before, after] = [folder(path), folder(path, change as unknown as Change)];
  const found = diffSchemas(before, after).filter((difference) => difference.keyword === keyword);
  expect(found.length).toBeGreaterThan(0);
  expect(found.map((difference) => difference.breaking)).toEqual(found.map(() => breaking));
  expect(found[0]?.payload).toBeDefined();
});

test.each(["requests/sector-create.schema.json", "events/sector-candle-update.schema.json"] as const)(
  "%s with another description says the same",
  (path) => {
    const after = folder(path, ((schema: { description: string }) => void (schema.description += ".")) as never);
    expect(diffSchemas(folder(path), folder(path))).toEqual([]);
    expect(diffSchemas(folder(path), after)).toEqual([]);
  },
);

test("a schema that is gone breaks, a new one does not, an undocumented field does", () => {
  const path = "resources/health.schema.json";
  const without = folder("events/market-update.schema.json");
  expect(diffSchemas(folder(path), without)).toContainEqual(
    expect.objectContaining({ path, breaking: true, detail: "the schema is gone" }),
  );
  expect(diffSchemas(without, folder(path))).toContainEqual(
    expect.objectContaining({ path, breaking: false, detail: "the schema is new" }),
  );
  const fewer = folder(
    "events/agent-status-update.schema.json",
    ((schema: { properties: object }) =>
      void delete (schema.properties as { sectorId?: object }).sectorId) as unknown as Change,
  );
  expect(diffSchemas(folder("events/agent-status-update.schema.json"), fewer)).toContainEqual(
    expect.objectContaining({ pointer: "/sectorId", breaking: true }),
  );
});

test("a field's name is escaped where it is pointed to", () => {
  const path = "requests/agent-create.schema.json";
  const after = folder(path, (({ required, properties }: { required: string[]; properties: object }) => {
    Object.assign(properties, { "a/b~c": { type: "string" } });
    required.push("a/b~c");
  }) as unknown as Change);
  expect(diffSchemas(folder(path), after).map(({ pointer }) => pointer)).toContain("/a~1b~0c");
});

test("a changed definition shows in what refers to it, and nowhere else", () => {
  const paths = ["requests/agent-create.schema.json", "requests/simulation-step.schema.json"] as const;
  const all = (): Map<string, SchemaNode> => new Map(paths.flatMap((path) => [...folder(path)]));
  const after = all();
  const common = structuredClone(after.get("common.schema.json")) as { $defs: { name: { maxLength: number } } };
  common.$defs.name.maxLength += 1;
  after.set("common.schema.json", common);
  const found = diffSchemas(all(), after);
  expect(new Set(found.map(({ path, keyword }) => `${path} ${keyword}`))).toEqual(new Set([`${paths[0]} maxLength`]));
  expect(formatDiffText(found)).toMatch(/"name":"x{20}\.\.\. \(\d+ characters\)"/);
});

test.each([
  ["of a type that is none", (schema: SchemaNode) => ({ ...schema, type: "strng" })],
  ["without an $id", ({ $id: _id, ...schema }: SchemaNode) => schema],
  ["with a reference that leads nowhere", (schema: SchemaNode) => ({ ...schema, items: { $ref: "nowhere.json" } })],
  ["with a pattern that is none", (schema: SchemaNode) => ({ ...schema, properties: { a: { pattern: "(" } } })],
])("a schema %s is refused by its path", (_what, spoil) => {
  const path = "resources/agent.schema.json";
  const after = folder(path);
  after.set(path, spoil(after.get(path) as SchemaNode));
  expect(() => diffSchemas(folder(path), after)).toThrow(
    expect.objectContaining({ name: "OptionError", message: expect.stringContaining(path) as string }),
  );
});

test("a folder without schemas is refused in a sentence", async () => {
  const empty = await mkdtemp(join(tmpdir(), "contract-diff-"));
  await expect(readSchemaFolder(empty)).rejects.toThrow(OptionError);
  await expect(readSchemaFolder(join(empty, "nowhere"))).rejects.toThrow(/cannot be read as a folder/);
  await rm(empty, { recursive: true });
});

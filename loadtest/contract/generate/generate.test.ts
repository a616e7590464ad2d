/** Generated values fit their schema, are the same for the same seed, and broken ones are broken in one keyword. */
import { expect, test } from "vitest";
import { type SchemaPath, findViolations, schemaFiles } from "../../../schemas/index.js";
import { contractSchemas, schemaAt } from "../../../schemas/schema-tree.js";
import { sampleValues, seedNumber } from "./arbitrary.js";
import { brokenBodies } from "./broken.js";

const paths = (Object.keys(schemaFiles) as SchemaPath[]).filter((path) =>
  /^(?:requests|events|resources)\//.test(path),
);
const requests = paths.filter((path) => path.startsWith("requests/") && !path.includes("simulation"));

test.each(paths)("what is generated from %s fits it (seed 42)", (path) => {
  for (const value of sampleValues(contractSchemas, schemaAt(path), seedNumber("42"), 50))
    expect(findViolations(path, value)).toEqual([]);
});

test("the same seed generates the same values, another seed others", () => {
  const sample = (seed: string): unknown[] =>
    sampleValues(contractSchemas, schemaAt("requests/sector-create.schema.json"), seedNumber(seed), 20);
  expect(sample("a")).toEqual(sample("a"));
  expect(sample("a")).not.toEqual(sample("b"));
});

test.each(requests)("%s is broken in each of its keywords, one at a time", (path) => {
  const { node } = schemaAt(path);
  const [, full] = node.examples as readonly Record<string, unknown>[];
  const broken = brokenBodies(contractSchemas, schemaAt(path), full ?? {}, (body) => findViolations(path, body));
  for (const { body, pointer } of broken) {
    const places = new Set(findViolations(path, body).map((violation) => violation.pointer));
    expect([...places]).toEqual([pointer]);
  }
  const keywords = new Set(broken.map(({ keyword }) => keyword));
  expect(keywords).toContain("type");
  expect(keywords).toContain("additionalProperties");
  expect([...keywords].some((keyword) => keyword === "required" || keyword === "minProperties")).toBe(true);
  for (const name of Object.keys(node.properties ?? {}))
    expect(broken.map(({ pointer }) => pointer)).toContain(`/${name}`);
});

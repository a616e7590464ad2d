/** schemas/schemastore.json, the entries for SchemaStore's catalogue: editors find the schema of a file by its name. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import catalogue from "../schemas/schemastore.json" with { type: "json" };
import { schemaFiles } from "../schemas/index.js";
import { packageRoot } from "../schemas/package-root.js";
import { createConfigSchema } from "./flags/config-schema.js";
import { commands } from "./max-command.js";

const configSchema = await createConfigSchema(commands);
const ajv = new Ajv2020({ allowUnionTypes: true, formats: { "date-time": true } });
for (const schema of [...Object.values(schemaFiles), configSchema]) ajv.addSchema(schema);

const entries = catalogue.schemas;
const examples = ["max.config.json", "lunch-rush.plan.json", "supply-shock.scenario.json"];

test("each entry is one that the catalogue accepts", () => {
  // What the catalogue's own schema and linter ask for.
  expect(catalogue).toMatchObject({ $schema: "https://json.schemastore.org/schema-catalog.json", version: 1 });
  for (const { name, description, fileMatch, url, ...more } of entries) {
    expect(more).toEqual({});
    for (const text of [name, description]) expect(text).not.toMatch(/schema|\n|[,. \t-]$/i);
    for (const pattern of fileMatch) expect(pattern).not.toMatch(/^(?!\*\*\/).*\//);
    expect(new URL(url).protocol).toBe("https:");
  }
  const patterns = entries.flatMap(({ fileMatch }) => fileMatch);
  expect(new Set(patterns).size).toBe(patterns.length);
});

test.each(entries)("$name: its address is the $id of a schema that the package has", ({ url }) => {
  expect(ajv.getSchema(url)).toBeDefined();
});

test.each(examples)("%s is found by its name, and valid", (file) => {
  const matches = (pattern: string) => (pattern.startsWith("*") ? file.endsWith(pattern.slice(1)) : file === pattern);
  const found = entries.filter(({ fileMatch }) => fileMatch.some(matches));
  expect(found).toHaveLength(1);
  const content: unknown = JSON.parse(readFileSync(new URL(`scripts/examples/${file}`, packageRoot), "utf8"));
  const validate = ajv.getSchema(found[0].url);
  expect(validate?.(content), JSON.stringify(validate?.errors)).toBe(true);
  const misspelt = { ...(content as object), nmae: "x" };
  expect(validate?.(misspelt)).toBe(false);
});

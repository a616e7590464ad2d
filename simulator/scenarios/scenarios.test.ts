/** The shipped scenarios are generated from their files, one for each name. */
import { readFile, readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { generateScenarios, readScenarios } from "../../scripts/generate-types.mjs";
import { defaultScenarioName, shippedScenarios } from "./index.js";

const root = new URL("./", import.meta.url);

test("regenerating the scenarios changes nothing", async () => {
  const committed = await readFile(new URL("generated.ts", root), "utf8");
  expect(generateScenarios(await readScenarios()), "a scenario has changed: run `npm run generate`").toBe(committed);
});

test("each file is named after its scenario, and the default one comes first", async () => {
  const files = (await readdir(root)).filter((file) => file.endsWith(".json") && file !== "standard-roster.json");
  expect([...shippedScenarios.keys()].sort()).toEqual(files.map((file) => file.replace(".json", "")).sort());
  expect([...shippedScenarios.keys()][0]).toBe(defaultScenarioName);
});

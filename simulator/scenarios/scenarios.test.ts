/** The shipped scenarios are those of the files, one for each name. */
import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { defaultScenarioName, shippedScenarios } from "./index.js";

const root = new URL("./", import.meta.url);

test("each file is named after its scenario, and the default one comes first", async () => {
  const files = (await readdir(root)).filter((file) => file.endsWith(".json") && file !== "standard-roster.json");
  expect([...shippedScenarios.keys()].sort()).toEqual(files.map((file) => file.replace(".json", "")).sort());
  expect([...shippedScenarios.keys()][0]).toBe(defaultScenarioName);
});

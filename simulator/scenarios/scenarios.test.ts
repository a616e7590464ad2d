import { readFile, readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { generateScenarios, readScenarios } from "../../scripts/generate-types.mjs";
import { defaultScenarioName, shippedScenarios } from "./index.js";

const root = new URL("./", import.meta.url);

test("regenerating the scenarios changes nothing", async () => {
  expect(generateScenarios(await readScenarios())).toBe(await readFile(new URL("generated.ts", root), "utf8"));
});

test("each file is named after its scenario, and the default one comes first", async () => {
  const files = (await readdir(root)).filter((file) => file.endsWith(".json") && file !== "standard-cast.json");
  expect([...shippedScenarios.keys()].sort()).toEqual(files.map((file) => file.replace(".json", "")).sort());
  expect([...shippedScenarios.keys()][0]).toBe(defaultScenarioName);
});

test("the nine scenarios are there", () => {
  expect([...shippedScenarios.keys()].sort()).toEqual([
    "agent-outage",
    "bull-run",
    "calm",
    "flash-crash-2010",
    "opening-bell",
    "rumour-mill",
    "sector-rotation",
    "stress",
    "trading-day",
  ]);
});

import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { type GoldenDigests, findChanged, findGoldenDigests, goldenPath } from "../scripts/build/golden-digests.js";

test("every shipped scenario still gives the bytes that it gave", async () => {
  const golden = JSON.parse(await readFile(goldenPath, "utf8")) as GoldenDigests;
  const found = findGoldenDigests();
  const names = ({ scenarios }: GoldenDigests) => Object.keys(scenarios).toSorted();
  expect(names(found), "a scenario has come or gone: run `npm run golden`").toEqual(names(golden));
  const remedy = "bytes have changed: if that is meant, raise simulator/core/version.ts and run `npm run golden`";
  expect(found, remedy).toEqual(golden);
});

test("other bytes of the same version are not written over the known ones; a new scenario is added", () => {
  const digestOf = (digest: string) => ({ ticks: 1, events: 1, digest });
  const before: GoldenDigests = { simulatorVersion: "1", seed: "42", scenarios: { calm: digestOf("a") } };
  const scenarios = { calm: digestOf("b"), storm: digestOf("c") };
  expect(findChanged(before, { ...before, scenarios })).toEqual(["calm"]);
  expect(findChanged(before, { ...before, simulatorVersion: "2", scenarios })).toEqual([]);
  expect(findChanged(before, { ...before, scenarios: { ...before.scenarios, storm: digestOf("c") } })).toEqual([]);
});

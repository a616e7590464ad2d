import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { type GoldenDigests, findGoldenDigests, goldenPath } from "../scripts/build/golden-digests.js";

test("every shipped scenario still gives the bytes that it gave", async () => {
  const golden = JSON.parse(await readFile(goldenPath, "utf8")) as GoldenDigests;
  const found = findGoldenDigests();
  const names = ({ scenarios }: GoldenDigests) => Object.keys(scenarios).toSorted();
  expect(names(found), "a scenario has come or gone: run `npm run golden`").toEqual(names(golden));
  const remedy = "bytes have changed: if that is meant, raise simulator/core/version.ts and run `npm run golden`";
  expect(found, remedy).toEqual(golden);
});

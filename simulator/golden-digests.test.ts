import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { findGoldenDigests, goldenPath } from "../scripts/golden-digests.mjs";
import * as simulator from "./index.js";

test("every shipped scenario still gives the bytes that it gave; if not, SIMULATOR_VERSION must rise", async () => {
  const golden: unknown = JSON.parse(await readFile(goldenPath, "utf8"));
  expect(findGoldenDigests(simulator)).toEqual(golden);
});

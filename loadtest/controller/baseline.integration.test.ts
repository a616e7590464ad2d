/** A run that is compared with an earlier one, both real. */
import { expect } from "vitest";
import { OptionError } from "../core/errors.js";
import { prepareLoadtest } from "../index.js";
import { attack, makeFolder, provenance, shortPlan, test } from "../loadtest.fixture.js";
import { findViolations } from "../../schemas/index.js";

test("a run has the comparison with its baseline, and limits taken from it", async ({ max }) => {
  const baseline = await makeFolder();
  const before = await attack(max, { outDir: baseline });
  await before.writeReports();
  const thresholds = [
    "rates.deliveriesPerSecond>=baseline*0.01",
    "deliveries.lost<=baseline",
    "latencyMs.p50<=baseline*0",
  ];
  const { summary } = await attack(max, { baseline, thresholds });
  expect(summary.comparison).toMatchObject({
    verdict: "inconclusive",
    old: { folder: baseline, runs: 1, startedAt: before.summary.startedAt },
    new: { folder: "", startedAt: summary.startedAt },
  });
  const [median] = summary.comparison!.percentiles;
  expect(median).toMatchObject({ oldMs: before.summary.latencyMs.p50, newMs: summary.latencyMs.p50, ratioMin: null });
  expect(summary.thresholds.map(({ passed }) => passed)).toEqual([true, true, false]);
  expect(findViolations("summary.schema.json", JSON.parse(JSON.stringify(summary)))).toEqual([]);
});

test("a baseline that is missing, or has no such value, is refused before anything runs", async () => {
  const options = { plan: shortPlan, outDir: await makeFolder(), ...provenance };
  const prepare = (more: object) => prepareLoadtest({ ...options, ...more });
  await expect(prepare({ thresholds: ["latencyMs.p99<=baseline"] })).rejects.toThrow(/it requires the option baseline/);
  await expect(prepare({ baseline: options.outDir })).rejects.toThrow(OptionError);
  await expect(prepare({ baseline: options.outDir })).rejects.toThrow(/^Invalid baseline .*expected a folder with/);
});

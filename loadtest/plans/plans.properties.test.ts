/** Plan files with one or a few things changed: each is refused with its place, or can be prepared. */
import { OptionError } from "../core/errors.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { applyChanges, changesOfFile } from "../../schemas/changes.fixture.js";
import { amount } from "../../schemas/amount.fixture.js";
import { prepareLoadtest } from "../controller/prepare.js";
import { runMsMax } from "../core/options.js";
import { provenance } from "../loadtest.fixture.js";
import { parsePlan } from "./parse.js";
import { shippedPlans } from "./shipped.js";

const seed = 20_260_108;
const numRuns = amount(500, 10_000);

test(`a changed plan is refused with its place, or can be prepared (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...shippedPlans.values()), changesOfFile, async (shipped, changes) => {
      const file = structuredClone(shipped) as unknown;
      applyChanges(file, changes);
      // What a file holds: no Infinity, no NaN, no hole in a list.
      const read = JSON.parse(JSON.stringify(file)) as unknown;
      try {
        const plan = parsePlan(read);
        const { timetable } = await prepareLoadtest({ plan, workers: 0, ...provenance });
        for (const { durationMs } of timetable.stages) expect(durationMs).toBeLessThanOrEqual(runMsMax);
        expect(timetable.clientsMax).toBeLessThanOrEqual(10_000_000);
      } catch (error) {
        expect(error).toBeInstanceOf(OptionError);
        expect((error as OptionError).message).toMatch(/^[^\n]+[.?]$/);
      }
    }),
    { seed, numRuns },
  );
}, 1_800_000);

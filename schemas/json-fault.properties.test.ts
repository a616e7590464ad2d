/** Where JSON ends to be JSON, held against what `JSON.parse` takes. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { findJsonFault } from "./json-fault.js";
import { amount } from "./amount.fixture.js";

const numRuns = amount(1000, 20_000);
const seed = 20_260_105;

test(`the fault of JSON with a changed character has a place in the text (seed ${seed})`, () => {
  const changed = fc.tuple(fc.json(), fc.nat(), fc.string({ unit: "grapheme-ascii", maxLength: 2 }));
  fc.assert(
    fc.property(changed, ([json, place, patch]) => {
      const at = place % (json.length + 1);
      const text = json.slice(0, at) + patch + json.slice(at + 1);
      fc.pre(!isJson(text));
      const { offset, expected } = findJsonFault(text);
      expect(offset).toBeGreaterThanOrEqual(0);
      expect(offset).toBeLessThanOrEqual(text.length);
      expect(expected).not.toBe("");
    }),
    { seed, numRuns },
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

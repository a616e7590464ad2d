/** The validators that are bundled into the page say what the contract's own say. */
import { createRequire } from "node:module";
import { type ValidateFunction } from "ajv";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { eventNames, eventSchemaPaths, findEventViolations, schemaFiles } from "../../../schemas/index.js";
import { toViolation } from "../../../schemas/violation.js";
import { compileEventChecks } from "./event-checks-plugin.mjs";

function loadChecks(): Record<string, ValidateFunction> {
  const module = { exports: {} };
  // oxlint-disable-next-line typescript/no-implied-eval, no-new-func -- what the bundler does with the same text
  new Function("module", "exports", "require", compileEventChecks())(
    module,
    module.exports,
    createRequire(import.meta.url),
  );
  return module.exports;
}

const checks = loadChecks();

const instant = fc.constantFrom("2025-01-15T10:30:00.000Z", "2025-02-30T10:30:00Z", "2025-01-15 10:30:00Z", "noon", 7);
const id = fc.constantFrom<unknown>("tech-001", "", "x".repeat(200), null);
const price = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom<unknown>("7", null));
const message = fc.record(
  { id, content: fc.string(), authorId: id, authorName: fc.string(), timestamp: instant, type: fc.constant("text") },
  { requiredKeys: [] },
);
const candle = fc.record(
  { timestamp: instant, value: price, open: price, close: price, volume: price },
  { requiredKeys: [] },
);
const payload = fc.record(
  {
    sectorId: id,
    value: price,
    indexValue: price,
    timestamp: instant,
    agentId: id,
    status: id,
    discussionId: id,
    message: fc.oneof(message, fc.constant("hello")),
    candle: fc.oneof(candle, fc.constant([])),
    extra: price,
  },
  { requiredKeys: [] },
);

test.each(eventNames)("%s: the same verdict on whatever comes, undocumented fields apart", (event) => {
  fc.assert(
    fc.property(payload, (value) => {
      const check = checks[event];
      const found = check(value) ? [] : (check.errors ?? []).map(toViolation);
      expect(found.filter(({ keyword }) => keyword !== "additionalProperties")).toEqual(
        findEventViolations(event, value),
      );
    }),
  );
});

test.each(eventNames)("%s: the documented examples fit, a further field is told", (event) => {
  const { examples } = schemaFiles[eventSchemaPaths[event]];
  for (const example of examples) {
    expect(checks[event](example)).toBe(true);
    expect(checks[event]({ ...example, volume: 3 })).toBe(false);
    expect(checks[event].errors?.map(toViolation)).toMatchObject([{ pointer: "/volume" }]);
  }
});

import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { amount } from "../../schemas/amount.fixture.js";
import { decodeMessage, encodeMessage } from "./codec.js";
import { fromAgent } from "./message-shapes.js";
import { ShapeError, requireShape } from "./shape.js";

const seed = 20_261_201;
const runs = { seed, numRuns: amount(1000, 100_000) };
const key = fc.oneof(fc.string(), fc.constantFrom("$", "__proto__", "type", "constructor"));
const { message } = fc.letrec((tie) => ({
  message: fc.oneof(
    { depthSize: "small" },
    fc.double(),
    fc.constantFrom(Number.NaN, Infinity, -Infinity, -0, 0, null, true, "NaN", "-0"),
    fc.string(),
    fc.array(tie("message"), { maxLength: 5 }),
    fc.dictionary(key, tie("message"), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

test(`whatever is sent comes back as it was, NaN, the infinities and -0 among it (${runs.numRuns} runs from seed ${seed})`, () => {
  fc.assert(
    fc.property(message, (sent) => {
      expect(isDeepStrictEqual(decodeMessage(encodeMessage(sent)), sent)).toBe(true);
    }),
    runs,
  );
});

test.each(["", "{", "[1,]", '{"$":"x"}', '{"$":7}', "[".repeat(1_000_000)])("%j is refused", (text) => {
  expect(() => decodeMessage(text)).toThrow(/./);
});

test(`what is no message of an agent is refused with the field, and nothing else is thrown (${runs.numRuns} runs from seed ${seed})`, () => {
  const hostile = fc.record({
    type: fc.constantFrom("hello", "clock", "ready", "report", "host", "order", "__proto__", "toString"),
    generator: message,
    message: fc.oneof(
      message,
      fc.record({ type: fc.constantFrom("second", "result", "proposal", "counts", "failed"), report: message }),
    ),
    uncertaintyMs: message,
    evidence: message,
    sentMs: message,
  });
  fc.assert(
    fc.property(hostile, (sent) => {
      try {
        requireShape(sent, fromAgent);
      } catch (error) {
        expect(error).toBeInstanceOf(ShapeError);
      }
    }),
    runs,
  );
});

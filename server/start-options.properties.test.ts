/** Options from plain JavaScript: each object is completed, or refused with one sentence. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { amount } from "../schemas/amount.fixture.js";
import { realtimeLimitRules, slowSubscriberRules } from "./realtime/index.js";
import { resolveScenario } from "./simulation/timelines.js";
import { StartError } from "./core/errors.js";
import { completeOptions } from "./start-options.js";

const seed = 20_260_106;
const numRuns = amount(1000, 20_000);

const groups = {
  limits: Object.keys(realtimeLimitRules),
  slow: Object.keys(slowSubscriberRules),
  rateLimit: ["requestsMax", "windowSeconds", "limitsLoopback"],
  retention: ["minuteCandleDays", "simulatedMessagesMax"],
};

const names = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("port", "host", "seed", "scenario", "startMs", "tickMs", "speed", "clock") },
  { weight: 6, arbitrary: fc.constantFrom("store", "reset", "catchUp", "origin", "fanout", "recovery", "token") },
  { weight: 2, arbitrary: fc.constantFrom("drainMs", "wallClockMs", "logger", "limits", "slow", "rateLimit") },
  { weight: 1, arbitrary: fc.constantFrom("__proto__", "constructor", "toString", "sead", "Port", "limit", "") },
  { weight: 1, arbitrary: fc.string() },
);

const values = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, true, false, 0, -0, 1, 8000, 250, 2 ** 53, -1, 0.5, 1e300),
  fc.constantFrom<unknown>(Number.NaN, Number.POSITIVE_INFINITY, 7n, Symbol("s"), () => 0, new Date(0), /x/, []),
  fc.constantFrom("real", "manual", "batched", "stock", "*", ":memory:", "trading-day", "127.0.0.1", "", " ", "\0"),
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true }),
);

const groupValues = fc
  .constantFrom(...Object.values(groups))
  .chain((keys) =>
    fc.dictionary(
      fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...keys) }, { weight: 1, arbitrary: names }),
      values,
    ),
  );

const options = fc.oneof(
  { weight: 10, arbitrary: fc.dictionary(names, fc.oneof(values, groupValues), { maxKeys: 4 }) },
  { weight: 1, arbitrary: fc.anything() },
);

test(`any options are completed, or refused with one sentence (seed ${seed})`, () => {
  fc.assert(
    fc.property(options, (given) => {
      try {
        const complete = completeOptions(given as never);
        if (complete.scenario !== undefined) resolveScenario(complete.scenario);
        expect(complete.port).toBeTypeOf("number");
        expect(["real", "manual"]).toContain(complete.clock);
      } catch (error) {
        expect(error).toBeInstanceOf(StartError);
        expect((error as StartError).code).toBe("badOption");
        const { message } = error as StartError;
        expect(message).toMatch(/^[A-Z]/);
        expect(message.length).toBeLessThan(2000);
      }
    }),
    { seed, numRuns },
  );
}, 1_800_000);

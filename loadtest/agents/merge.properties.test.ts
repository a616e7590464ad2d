/** What several hosts measured is merged to the bucket: percentiles are never averaged. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { amount } from "../../schemas/amount.fixture.js";
import { LatencyHistogram } from "../core/histogram.js";
import { decodeMessage, encodeMessage } from "./codec.js";

const seed = 20_261_201;
const numRuns = amount(100, 2000);
const values = fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { maxLength: 200 });

test(`percentiles of hosts' histograms are those of one histogram of all values (${numRuns} runs from seed ${seed})`, () => {
  const runs = fc.property(fc.array(values, { minLength: 1, maxLength: 6 }), (hosts) => {
    const all = new LatencyHistogram();
    const sent = hosts.map((measured) => {
      const own = new LatencyHistogram();
      for (const valueMs of measured) {
        own.record(valueMs);
        all.record(valueMs);
      }
      return decodeMessage(encodeMessage({ latency: own.encode() })) as { readonly latency: string };
    });
    const merged = LatencyHistogram.merge(sent.map(({ latency }) => latency));
    // As one generator would have reported it.
    const whole = LatencyHistogram.merge([all.encode()]);
    expect([...merged.values()]).toEqual([...whole.values()]);
    expect(merged.percentiles([99.99])).toEqual(whole.percentiles([99.99]));
  });
  fc.assert(runs, { seed, numRuns });
});

import { OptionError } from "../core/errors.js";
import { expect, test } from "vitest";
import { findThinPercentile, judgeThreshold, parseThreshold } from "./thresholds.js";

const summary = { latencyMs: { p99: 42, p999: null, count: 500 }, deliveries: { lost: 0, expected: 9 } };

test.each([
  ["latencyMs.p99<50", true],
  ["latencyMs.p99 < 42", false],
  ["latencyMs.p99<=42", true],
  ["latencyMs.p99>41.5", true],
  ["latencyMs.p99>=43", false],
  ["deliveries.lost==0", true],
])("%s: %s", (expression, passed) => {
  expect(judgeThreshold(parseThreshold(expression), summary).passed).toBe(passed);
});

test("a path that yields no number in this run fails", () => {
  expect(judgeThreshold(parseThreshold("latencyMs.p999<50"), summary)).toMatchObject({ value: null, passed: false });
  expect(judgeThreshold(parseThreshold("httpMs.p99<50"), summary)).toMatchObject({ value: null, passed: false });
});

const idle = {
  http: { requests: 0, errors: 0, failed: 0 },
  clients: { polling: 0, websocket: 0, connected: 0 },
  plan: { control: { websocket: 0 } },
  conformance: { checked: 0, violations: 0 },
  deliveries: { expected: 0, received: 0, unexpected: 0, lost: 0 },
  target: { oracle: "learned" },
  server: { slips: 0 },
};

test.each([
  "http.errors==0",
  "http.failed==0",
  "http.requests>=0",
  "clients.polling>=0",
  "clients.websocket==0",
  "conformance.violations==0",
  "deliveries.lost==0",
  "server.slips==0",
])("%s is not kept by a run that never did what it counts", (expression) => {
  expect(judgeThreshold(parseThreshold(expression), idle)).toMatchObject({ value: null, passed: false });
});

test("a count of what was done may be zero", () => {
  const busy = {
    http: { requests: 0, errors: 4, failed: 0 },
    plan: { control: { polling: 1 } },
    clients: { polling: 0, connected: 0 },
    target: { oracle: "regenerated" },
    server: { slips: 0 },
  };
  for (const expression of [
    "http.requests==0",
    "http.failed==0",
    "clients.polling==0",
    "clients.connected==0",
    "server.slips==0",
  ])
    expect(judgeThreshold(parseThreshold(expression), busy), expression).toMatchObject({ value: 0, passed: true });
});

test.each([
  ["latencyMs.p95<50", /There are p50, p90, p99, p999, max, count in latencyMs\.$/],
  ["nothing.x<5", /schemas\/summary\.schema\.json has them all\.$/],
  ["nope.x<5", /no number at nope\.x; did you mean \w+/],
  ["latencyMs.p75<50", /no number at latencyMs\.p75; did you mean latencyMs\.p\d/],
  ["latencyMS.p99<50", /did you mean latencyMs\.p99\?/],
  ["delivery.lost==0", /did you mean deliveries\.lost\?/],
  ["p99<50", /did you mean latencyMs\.p99\?/],
  ["lost==0", /did you mean deliveries\.lost\?/],
  ["verdict>0", /no number at verdict/],
  ["deliveries<1", /no number at deliveries/],
  ["latencyMs.__proto__<1", /no number at latencyMs\.__proto__/],
])("%s is refused, and the nearest path is named", (expression, sentence) => {
  expect(() => parseThreshold(expression)).toThrow(OptionError);
  expect(() => parseThreshold(expression)).toThrow(sentence);
});

test.each(["", "latencyMs.p99", "latencyMs.p99<", "<50", "latencyMs.p99=50", "a b<1", "p99<fast"])(
  "%j is no threshold",
  (expression) => {
    expect(() => parseThreshold(expression)).toThrow(OptionError);
  },
);

test("a percentile needs ten samples beyond it", () => {
  expect(findThinPercentile(parseThreshold("latencyMs.p99<50"), summary)).toMatch(/500 samples; p99 needs 1000/);
  expect(
    findThinPercentile(parseThreshold("latencyMs.p99<50"), { latencyMs: { p99: 1, count: 1000 } }),
  ).toBeUndefined();
  expect(findThinPercentile(parseThreshold("deliveries.lost==0"), summary)).toBeUndefined();
});

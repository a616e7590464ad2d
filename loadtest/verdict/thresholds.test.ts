import { OptionError } from "../core/errors.js";
import { expect, test } from "vitest";
import {
  findThinPercentile,
  judgeThreshold,
  parseThreshold,
  requireKnownName,
  resolveThreshold,
} from "./thresholds.js";

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
  ["latencyMs.p99x<50", /There are p50, p90, p99, p999, max, count in latencyMs, and any percentile such as p99\.5\.$/],
  ["nothing.x<5", /schemas\/summary\.schema\.json has them all\.$/],
  ["nope.x<5", /no number at nope\.x; did you mean \w+/],
  ["latencyMs.p100<50", /there is no percentile 100: it lies between 0 and 100\.$/],
  ["latencyMs.p0<50", /there is no percentile 0/],
  ["deliveries.p99<50", /no number at deliveries\.p99; did you mean/],
  ["events.latencyMs.p99<5", /events is a list: name one of its entries, as in events\["NAME"\]\.latencyMs\.p99\.$/],
  ["http.routes<5", /http\.routes is a list: name one of its entries/],
  [
    'latencyMs["x"].p99<5',
    /Names in brackets are those of events, http\.routes, stages, restarts, transports, addresses\.$/,
  ],
  ['stages["hold"].latencyMS.p99<5', /did you mean stages\["hold"\]\.latencyMs\.p99\?/],
  ['http.routes["GET /x"].failedd==0', /did you mean http\.routes\["GET \/x"\]\.failed\?/],
  ["latencyMs.p99<50 abort after soon", /abort after "soon": /],
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

test.each([
  'events["a"]["b"].lost==0',
  'events["a.lost==0',
  "events[a].lost==0",
  "latencyMs.p99<5 after 3s",
  "",
  "latencyMs.p99",
  "latencyMs.p99<",
  "<50",
  "latencyMs.p99=50",
  "a b<1",
  "p99<fast",
])("%j is no threshold", (expression) => {
  expect(() => parseThreshold(expression)).toThrow(OptionError);
});

const parts = {
  latencyMs: { "p99.5": 12, p95: 7, p999: 20, count: 100_000 },
  events: [
    { event: "market:update", received: 5, lost: 1, latencyMs: { p99: 8, count: 5000 } },
    { event: "agent:status_update", received: 0, lost: 0, latencyMs: { p99: null, count: 0 } },
  ],
  http: { requests: 9, routes: [{ route: 'GET /api/"x"', requests: 9, latencyMs: { p90: 3, max: 4, count: 9 } }] },
  stages: [{ stage: "churn 2", received: 4, lost: 0, latencyMs: { "p97.5": 6, count: 3000 } }],
  transports: [{ transport: "polling", connected: 2, deliveries: { lost: 3 }, latencyMs: { p50: 2, count: 50 } }],
  addresses: [{ url: "http://localhost:8000", connected: 5, dropped: 1, http: { failed: 2 } }],
};

test.each([
  ["latencyMs.p99.5<13", 12, true],
  ["latencyMs.p99.5<12", 12, false],
  ["latencyMs.p95<=7", 7, true],
  ["latencyMs.p99.9<21", 20, true],
  ['events["market:update"].latencyMs.p99<50', 8, true],
  ['events["market:update"].p99<8', 8, false],
  ['events["market:update"].lost==1', 1, true],
  ['http.routes["GET /api/\\"x\\""].p90 < 30', 3, true],
  ['http.routes["GET /api/\\"x\\""].max<4', 4, false],
  ['stages["churn 2"].p97.5<7 abort after 10s', 6, true],
  ['stages["churn 2"].lost==0', 0, true],
  ['transports["polling"].deliveries.lost==0', 3, false],
  ['transports["polling"].latencyMs.p50>1', 2, true],
  ['addresses["http://localhost:8000"].http.failed<3', 2, true],
])("%s: %f", (expression, value, passed) => {
  expect(judgeThreshold(parseThreshold(expression), parts)).toMatchObject({ value, passed });
});

test.each([
  'events["agent:status_update"].lost==0',
  'events["agent:status_update"].p99<50',
  'events["sector:candle_update"].lost==0',
  'stages["storm"].lost==0',
  'transports["thin"].deliveries.lost==0',
  "latencyMs.p97<50",
])("%s fails: nothing fed it", (expression) => {
  expect(judgeThreshold(parseThreshold(expression), parts)).toMatchObject({ value: null, passed: false });
});

const names = {
  events: ["market:update", "agent:status_update"],
  "http.routes": ["GET /api/sectors"],
  stages: ["hold", "churn"],
  transports: ["thin", "websocket", "polling"],
};

test.each([
  ['events["market:updat"].lost==0', 'events has no event "market:updat". Did you mean market:update?'],
  ['http.routes["GET /api/sector"].p90<30', "Did you mean GET /api/sectors?"],
  ['stages["spike"].p90<30', "There are: hold, churn."],
  ['transports["poling"].p90<30', "Did you mean polling?"],
])("%s names nothing that the run has", (expression, sentence) => {
  expect(() => requireKnownName(parseThreshold(expression), names)).toThrow(sentence);
});

test("an event of another name may be the server's", () => {
  const known = ['events["trades"].lost==0', 'addresses["http://x"].dropped==0', 'stages["churn"].p99<5'];
  for (const expression of known) expect(() => requireKnownName(parseThreshold(expression), names)).not.toThrow();
});

test("abort says from when on a threshold ends the run", () => {
  const delay = (expression: string) => parseThreshold(expression).abortAfterMs;
  expect(delay("latencyMs.p99<50")).toBeUndefined();
  expect([delay("latencyMs.p99<50 abort"), delay("latencyMs.p99<50  abort after 1m")]).toEqual([0, 60_000]);
});

test("any percentile needs ten samples beyond it", () => {
  const thin = (expression: string) => findThinPercentile(parseThreshold(expression), parts);
  expect(thin("latencyMs.p99.5<50")).toBeUndefined();
  expect(thin('stages["churn 2"].p99.9<50')).toMatch(/too few samples, 3000; p999 needs 10000/);
  expect(thin('transports["polling"].p50<5')).toBeUndefined();
});

test.each([
  ["latencyMs.p99<=baseline*1.1", [{ latencyMs: { p99: 40 } }], 44],
  ["latencyMs.p99 < baseline * 2 abort after 5s", [{ latencyMs: { p99: 40 } }], 80],
  ["deliveries.lost==baseline", [{ deliveries: { lost: 3 } }], 3],
  ["latencyMs.p99<=baseline", [30, 10, 20].map((p99) => ({ latencyMs: { p99 } })), 20],
])("%s of %j is a limit of %f", (expression, earlier, limit) => {
  expect(resolveThreshold(parseThreshold(expression), earlier).limit).toBeCloseTo(limit);
});

test("without a baseline, or where that has no such value, there is no limit", () => {
  const threshold = parseThreshold("latencyMs.p99<=baseline*1.1");
  expect(() => resolveThreshold(threshold, [])).toThrow(/it requires the option baseline\.$/);
  expect(() => resolveThreshold(threshold, [{ latencyMs: { p99: null } }])).toThrow(/baseline has no such value\.$/);
  const fixed = parseThreshold("latencyMs.p99<50");
  expect(resolveThreshold(fixed, [])).toBe(fixed);
});

test.each(["latencyMs.p99<=baseline*", "latencyMs.p99<=baseline*-1", "latencyMs.p99<=1.1*baseline", "baseline<5"])(
  "%s is no limit",
  (expression) => {
    expect(() => parseThreshold(expression)).toThrow(OptionError);
  },
);

test("a percentile needs ten samples beyond it", () => {
  expect(findThinPercentile(parseThreshold("latencyMs.p99<50"), summary)).toMatch(
    /too few samples, 500; p99 needs 1000/,
  );
  expect(
    findThinPercentile(parseThreshold("latencyMs.p99<50"), { latencyMs: { p99: 1, count: 1000 } }),
  ).toBeUndefined();
  expect(findThinPercentile(parseThreshold("deliveries.lost==0"), summary)).toBeUndefined();
});

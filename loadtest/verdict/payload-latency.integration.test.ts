/** Latency against the payload's timestamp, on servers whose stream nobody can regenerate. */
import { io } from "socket.io-client";
import { expect, onTestFinished, test } from "vitest";
import { attackForeign, startForeign } from "../foreign.fixture.js";
import { type PayloadEvidence, judgePayloadLatency } from "./payload-latency.js";
import { LatencyHistogram } from "../core/histogram.js";
import { attack, expectNoFaults, onHold, startServer } from "../loadtest.fixture.js";
import { startProxy } from "../proxy.fixture.js";

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

test.each([0, 400])(
  "timestamps %i ms old are timed as a stock client sees them, within the stated uncertainty",
  async (ageMs) => {
    const url = await startForeign((nowMs) => iso(nowMs - ageMs));
    const observed = new LatencyHistogram();
    const observer = io(url, { transports: ["websocket"] });
    onTestFinished(() => void observer.close());
    const observe = ({ timestamp }: { readonly timestamp: string }) =>
      observed.record(Date.now() - Date.parse(timestamp));
    const hold = onHold(
      () => void observer.on("market:update", observe),
      () => void observer.off("market:update", observe),
    );
    const { payloadLatencyMs, payloadTimestamps, spreadMs, events } = await attackForeign(url, hold);
    expect(payloadTimestamps).toMatchObject({ resolutionMs: 1, serverAheadMs: 0, clockUncertaintyMs: 0 });
    expect(payloadTimestamps.explanation).toMatch(/to the millisecond; .* same clock/);
    const uncertaintyMs = Number(payloadTimestamps.uncertaintyMs);
    expect(uncertaintyMs).toBeGreaterThanOrEqual(1);
    expect(payloadLatencyMs.p50).toBeGreaterThanOrEqual(ageMs - uncertaintyMs);
    // Deliveries of one event differ by the spread, and the observer's clock shows whole milliseconds.
    const toleranceMs = uncertaintyMs + Number(spreadMs.max) + 1;
    expect(Math.abs(Number(payloadLatencyMs.p50) - observed.percentileMs(50))).toBeLessThanOrEqual(toleranceMs);
    // Of four events two are timed: a candle's timestamp is its bucket's, a status has none.
    const received = events.reduce((sum, event) => sum + event.received, 0);
    expect(payloadLatencyMs.count).toBeGreaterThan(0);
    expect(payloadLatencyMs.count).toBeLessThanOrEqual(received / 2 + 10);
  },
);

test("a server that writes JSON in its own way is no different to thin and stock subscribers", async () => {
  const proxy = await startProxy(await startForeign(iso));
  // As Python does: numbers that stay floating, letters escaped.
  proxy.tamper = ({ text }) => [text.replace(/alue":(\d+)/g, 'alue":$1.0').replaceAll("U", "\\u0055")];
  const summary = await attackForeign(proxy.url, { durationMs: 1500 });
  expectNoFaults(summary);
  expect(summary.conformance.violations).toBe(0);
  expect(summary.payloadLatencyMs.count).toBeGreaterThan(0);
});

test("whole seconds are a second of uncertainty", async () => {
  const { payloadLatencyMs, payloadTimestamps } = await attackForeign(
    await startForeign((nowMs) => `${iso(nowMs).slice(0, 19)}Z`),
  );
  expect(payloadTimestamps).toMatchObject({ resolutionMs: 1000, clockUncertaintyMs: 0 });
  expect(payloadTimestamps.uncertaintyMs).toBeGreaterThanOrEqual(1000);
  expect(payloadTimestamps.explanation).toMatch(/to the second/);
  expect(payloadLatencyMs.count).toBeGreaterThan(0);
});

test.each([
  ["a historical instant", (nowMs: number) => iso(nowMs - 5e11), /5787 days behind this machine's clock/],
  ["the future", (nowMs: number) => iso(nowMs + 250), /ms ahead of this machine's clock: they are not the instant/],
  ["no zone", (nowMs: number) => iso(nowMs).slice(0, 23), /no event had a readable timestamp/],
  ["nothing", () => undefined, /no event had a readable timestamp/],
])("timestamps of %s yield no latency, and a threshold on it fails with the reason", async (_, stamp, reason) => {
  const thresholds = ["payloadLatencyMs.p99<100000", "payloadTimestamps.uncertaintyMs<100000"];
  const summary = await attackForeign(await startForeign(stamp), { thresholds, durationMs: 400 });
  expect(summary.payloadLatencyMs).toMatchObject({ p50: null, max: null, count: 0 });
  expect(summary.payloadTimestamps).toMatchObject({ uncertaintyMs: null, explanation: expect.stringMatching(reason) });
  expect(summary.thresholds).toMatchObject([
    { value: null, passed: false },
    { value: null, passed: false },
  ]);
  expect(summary.reasons.join("\n")).toMatch(reason);
});

test("a max-harness server's timestamps are simulated time, and time nothing", async () => {
  const max = await startServer();
  const learned = await attack({ url: max.url }, { durationMs: 300 });
  expect(learned.summary.payloadLatencyMs.count).toBe(0);
  expect(learned.summary.payloadTimestamps.explanation).toMatch(/simulated time/);
  const regenerated = await attack(max, { durationMs: 300 });
  expect(regenerated.summary.payloadLatencyMs.count).toBe(0);
  expect(regenerated.summary.payloadTimestamps.explanation).toMatch(/intended instant/);
});

/** Ten seconds of a server whose timestamps lag as given, by the quarter of a second. */
function evidenceOf(lagMs: (slot: number) => number, more: Partial<PayloadEvidence> = {}): PayloadEvidence {
  const shiftMs = more.shiftMs ?? 0;
  const latency = new LatencyHistogram();
  const lags = Array.from({ length: 40 }, (_, slot) => [slot, lagMs(slot)] as const);
  for (const [, leastMs] of lags) latency.record(leastMs + shiftMs);
  return {
    report: { contents: 40, areWholeSeconds: false, latency: latency.encode(), lags, clockErrorMs: 0 },
    clock: { isThisHost: true, bounds: { lowMs: 0, highMs: 0 }, readings: 0 },
    shiftMs,
    ...more,
  };
}

test.each([
  [10, "10 times as fast"],
  [0.1, "0.1 times as fast"],
])("a clock that runs %f times as fast is found, wherever it began", (speed, words) => {
  const { payloadLatencyMs, payloadTimestamps } = judgePayloadLatency(
    evidenceOf((slot) => 25_000 + slot * 250 * (1 - speed)),
  );
  expect(payloadLatencyMs.count).toBe(0);
  expect(payloadTimestamps.explanation).toMatch(speed > 1 ? /ahead of|times as fast/ : words);
});

test("a server that stalls for some seconds and catches up is timed all the same", () => {
  const stalled = evidenceOf((slot) => (slot < 20 ? Math.max(5, 4000 - slot * 250) : 5));
  const { max, count } = judgePayloadLatency(stalled).payloadLatencyMs;
  expect([Math.round((max ?? 0) / 10), count]).toEqual([400, 40]);
});

test("a server's clock that is minutes ahead is allowed for, as far as it is known", () => {
  const aheadMs = 300_000;
  const bounds = { lowMs: aheadMs - 20, highMs: aheadMs + 30 };
  const clock = { isThisHost: false, bounds, readings: 7 };
  // A second was all that was known when the first latency was recorded.
  const judged = judgePayloadLatency(evidenceOf(() => 40 - aheadMs, { clock, shiftMs: aheadMs + 900 }));
  const { uncertaintyMs, ...timestamps } = judged.payloadTimestamps;
  expect(timestamps).toMatchObject({ serverAheadMs: aheadMs + 5, clockUncertaintyMs: 25 });
  expect(timestamps.explanation).toMatch(
    /300\.00 s ahead of this machine's, to within 25\.0 ms by the Date header of 7/,
  );
  expect(uncertaintyMs).toBeLessThan(28);
  expect(Math.abs(Number(judged.payloadLatencyMs.p50) - 40)).toBeLessThanOrEqual(uncertaintyMs ?? 0);
});

test("what the Date header leaves open is bounded by nothing arriving before it was sent", () => {
  // As uvicorn's leaves it: a second wide, while the clocks agree.
  const clock = { isThisHost: false, bounds: { lowMs: -800, highMs: 200 }, readings: 12 };
  const { payloadLatencyMs, payloadTimestamps } = judgePayloadLatency(evidenceOf(() => 5, { clock, shiftMs: 900 }));
  expect(payloadTimestamps).toMatchObject({ serverAheadMs: 97, clockUncertaintyMs: 103 });
  expect(Math.abs(Number(payloadLatencyMs.p50) - 5)).toBeLessThanOrEqual(Number(payloadTimestamps.uncertaintyMs));
});

test("a Date header that is late makes nobody's timestamps wrong, but the clock less certain", () => {
  // Renewed 640 ms late in each second by a server that does not say which one it is, while the clocks agree.
  const clock = { isThisHost: false, bounds: { lowMs: -642, highMs: -638 }, readings: 12 };
  const { payloadLatencyMs, payloadTimestamps } = judgePayloadLatency(evidenceOf(() => 5, { clock, shiftMs: 400 }));
  expect(Math.abs(Number(payloadLatencyMs.p50) - 5)).toBeLessThanOrEqual(Number(payloadTimestamps.uncertaintyMs));
  expect(payloadTimestamps.uncertaintyMs).toBeLessThan(200);
  // So late is no header.
  const other = judgePayloadLatency(evidenceOf(() => -1400, { clock, shiftMs: 400 }));
  expect(other.payloadTimestamps.explanation).toMatch(/2\.04 s ahead of the server's own clock: they are not the inst/);
});

test("without a Date header the figures stand, and their uncertainty is unknown", () => {
  const clock = { isThisHost: false, bounds: undefined, readings: 0 };
  const { payloadLatencyMs, payloadTimestamps } = judgePayloadLatency(evidenceOf(() => 40, { clock }));
  expect(payloadLatencyMs).toMatchObject({ p50: expect.closeTo(40, 1), count: 40 });
  expect(payloadTimestamps).toMatchObject({ uncertaintyMs: null, serverAheadMs: null });
  expect(payloadTimestamps.explanation).toMatch(/unknown, because no answer of it had a Date header/);
  const away = judgePayloadLatency(evidenceOf(() => -7_200_000, { clock }));
  expect(away.payloadTimestamps.explanation).toMatch(
    /2\.0 hours ahead of this machine's clock: simulated time, or clocks/,
  );
});

/** Thresholds on parts of a run, with figures of the run itself, and thresholds that end it. */
import { expect } from "vitest";
import type { Plan } from "../../schemas/index.js";
import { attack, expectNoFaults, shortPlan, test } from "../loadtest.fixture.js";
import { startProxy } from "../proxy.fixture.js";

const plan: Plan = {
  ...shortPlan,
  stages: [
    { kind: "hold", durationMs: 600 },
    { name: "late", kind: "hold", durationMs: 600 },
  ],
};

test("events, stages and transports add up to the whole, in counts and samples", async ({ max }) => {
  const thresholds = ['stages["late"].p97.5<60000', 'events["market:update"].latencyMs.p99<60000', "latencyMs.p95>0"];
  const { summary } = await attack(max, { plan, thresholds });
  expectNoFaults(summary);
  const { events, stages, transports, latencyMs, deliveries } = summary;
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  for (const parts of [events, stages, transports])
    expect(total(parts.map((part) => part.latencyMs.count))).toBe(latencyMs.count);
  expect(total(events.map(({ received }) => received))).toBe(deliveries.received);
  expect(total(transports.map((part) => part.deliveries.received))).toBe(deliveries.received);
  expect(total(stages.map(({ received }) => received))).toBe(latencyMs.count);
  expect(Math.max(...stages.map((part) => part.latencyMs.max ?? 0))).toBe(latencyMs.max);
  expect(stages.map(({ stage }) => stage)).toEqual(["hold", "late"]);
  expect(transports.map(({ transport, connected }) => [transport, connected])).toEqual([
    ["thin", 8],
    ["websocket", 1],
    ["polling", 1],
  ]);
  expect(summary.thresholds.map(({ passed }) => passed)).toEqual([true, true, true]);
  expect(latencyMs["p97.5"]).toBeLessThanOrEqual(latencyMs.p99 ?? 0);
  expect(latencyMs["p97.5"]).toBeGreaterThanOrEqual(latencyMs["p95"] ?? Infinity);
});

test("a loss counts for the stage and the transport that had it", async ({ max }) => {
  const proxy = await startProxy(max.url);
  let withheld = 0;
  let begun = 0;
  const watch = (line: string): void => {
    // From the second stage on: an event that comes late was due in the first, and not before the measured time.
    if (!/ hold\b/.test(line) || ++begun < 2) return;
    proxy.tamper = ({ connection, text, index }) => {
      if (connection !== 3 || index !== 5 || withheld > 0) return [text];
      withheld += 1;
      return [];
    };
  };
  const { summary } = await attack(
    { url: proxy.url, token: max.token },
    { plan: { ...plan, control: { websocket: 0, polling: 0 } }, progress: { line: watch } },
  );
  expect([withheld, summary.deliveries.lost]).toEqual([1, 1]);
  const lost = (parts: readonly { readonly lost: number }[]) => parts.reduce((sum, part) => sum + part.lost, 0);
  expect([lost(summary.events), lost(summary.stages)]).toEqual([1, 1]);
  expect(summary.transports).toMatchObject([{ transport: "thin", deliveries: { lost: 1 } }]);
});

test("a threshold with abort ends the run, and only after its delay", async ({ max }) => {
  const long: Plan = { ...shortPlan, stages: [{ kind: "hold", durationMs: 60_000 }] };
  const beganMs = performance.now();
  const { summary } = await attack(max, { plan: long, thresholds: ["rates.ticksPerSecond<1 abort after 1500ms"] });
  expect(performance.now() - beganMs).toBeLessThan(40_000);
  expect(summary.durationMs).toBeGreaterThanOrEqual(1500);
  expect(summary.durationMs).toBeLessThan(30_000);
  expect(summary.aborted).toMatch(
    /^ended early after \d.* s: rates\.ticksPerSecond<1 abort after 1500ms did not hold: /,
  );
  expect([summary.interrupted, summary.thresholds[0].passed]).toEqual([false, false]);
  if (summary.generator.evidence.length === 0) expect(summary.verdict).toBe("FAIL");
  expect(summary.reasons.join()).toContain("ended early after");
});

test("thresholds that hold end nothing", async ({ max }) => {
  const { summary } = await attack(max, { plan, durationMs: 2500, thresholds: ["deliveries.lost==0 abort"] });
  expect([summary.aborted, summary.durationMs, summary.thresholds[0].passed]).toEqual([null, 2500, true]);
});

test.for([
  ['stages["hodl"].p99<5', "Did you mean hold?"],
  ['http.routes["GET /x"].p99<5', "This run has none."],
  ['addresses["http://127.0.0.1:1"].dropped==0', "There are: http"],
])("%s is refused before the run", async ([expression = "", sentence = ""], { max }) => {
  await expect(attack(max, { plan, thresholds: [expression] })).rejects.toThrow(sentence);
});

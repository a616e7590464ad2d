/** Subscribers that lose the connection and come back: what they missed, and what recovery gave back, to the event. */
import { expect, test } from "vitest";
import type { Plan, PlanStage, Summary } from "../../schemas/index.js";
import { attack, noFaults, shortPlan, startServer, verdictOnServer } from "../loadtest.fixture.js";
import { type Tamper, startProxy } from "../proxy.fixture.js";
import { startStock } from "../stock.fixture.js";

const drop: PlanStage = { kind: "drop", durationMs: 2400, everyMs: 1200, offlineMs: 500 };

/** With subscribers that stay, and a calm end in which everybody is back. */
function planOf(how: NonNullable<PlanStage["how"]>, more: Partial<Plan> = {}): Plan {
  return {
    ...shortPlan,
    clients: 20,
    control: { websocket: 2, polling: 0 },
    stages: [
      { kind: "hold", durationMs: 300 },
      { ...drop, how },
      { kind: "hold", durationMs: 700 },
    ],
    ...more,
  };
}

const drops = 2 * 18;

/** Every subscriber's deliveries are all accounted for: nobody is owed more, or less, than another. */
function expectBalance({ deliveries }: Summary): void {
  const { expected, received, lost, corrupted, conflated, missed } = deliveries;
  expect(expected).toBe(received + lost + corrupted + conflated + missed);
}

test.for(["reset", "goodbye", "silent"] as const)(
  "%s, without recovery: what left meanwhile is missed, and nothing else is wrong",
  async (how, { skip }) => {
    const max = await startServer();
    const { summary } = await attack(max, { plan: planOf(how) });
    const { absences, deliveries, transports, clients } = summary;
    expectBalance(summary);
    expect(deliveries).toMatchObject({ ...noFaults, missed: expect.any(Number) as unknown });
    skip(summary.generator.evidence.length > 0, "not measured: the generator was starved");
    expect(absences).toMatchObject({ dropped: drops, returned: drops, resumed: 0, resumedShare: 0 });
    expect(absences.backMs.count).toBe(drops);
    // All were away at the same time, twice, for a quarter of the ticks of the stage.
    expect(deliveries.missed).toBeGreaterThan(0);
    expect(transports[1]?.deliveries.missed).toBe(0);
    expect(clients).toMatchObject({ connected: 20, dropped: 0, refused: 0 });
    // Those that stayed were owed as much as those that left: each event once for each subscriber.
    const [thin, websocket] = transports.map(({ deliveries: { expected }, connected }) => expected / connected);
    expect(Math.abs((thin ?? 0) - (websocket ?? 0))).toBeLessThan(0.03 * (websocket ?? 0) + 12);
    expect(verdictOnServer(skip, summary), summary.reasons.join()).toBe("PASS");
  },
);

test("ours with recovery: sessions are resumed, nothing is missed, and what left meanwhile is replayed", async ({
  skip,
}) => {
  const max = await startServer({ recovery: true });
  const { summary } = await attack(max, { plan: planOf("reset") });
  const { absences, deliveries } = summary;
  expectBalance(summary);
  expect(deliveries).toMatchObject(noFaults);
  expect([absences.returned, absences.resumed]).toEqual([absences.dropped, absences.dropped]);
  skip(summary.generator.evidence.length > 0, "not measured: the generator was starved");
  expect(absences).toMatchObject({ dropped: drops, returned: drops, resumed: drops, resumedShare: 1 });
  expect(absences.replayMs.count).toBeGreaterThan(drops);
  expect(summary.conformance.violations).toBe(0);
});

test.for([false, true])("stock Socket.IO, recovery %s: learned from those that stayed", async (recovery, { skip }) => {
  const { url } = await startStock({ recovery });
  const { summary } = await attack({ url }, { plan: planOf("reset") });
  const { absences, deliveries } = summary;
  expectBalance(summary);
  expect(deliveries).toMatchObject({ ...noFaults, missed: expect.any(Number) as unknown });
  skip(summary.generator.evidence.length > 0, "not measured: the generator was starved");
  expect(absences).toMatchObject({ returned: drops, resumed: recovery ? drops : 0 });
  if (recovery) expect(deliveries.missed).toBe(0);
  // 18 of them were away for half a second twice, with an event every 10 ms or, on a busy machine, fewer.
  else expect(deliveries.missed).toBeGreaterThan(18 * 2 * 10);
});

/** Of the frames that the first connection of a subscriber after its return gets: one is lost, another doubled. */
function spoilRecovery(): { readonly tamper: Tamper; readonly planted: { lost: number; doubled: number } } {
  const planted = { lost: 0, doubled: 0 };
  const seen = new Map<number, number>();
  return {
    planted,
    tamper: ({ connection, text }) => {
      const index = seen.get(connection) ?? 0;
      seen.set(connection, index + 1);
      // The first twenty connections are those of the beginning.
      if (connection !== 21 || (index !== 2 && index !== 4)) return [text];
      if (index === 2) planted.lost += 1;
      else planted.doubled += 1;
      return index === 2 ? [] : [text, text];
    },
  };
}

test("a recovery that loses one event and doubles another is found, to the event", async () => {
  const max = await startServer({ recovery: true });
  const proxy = await startProxy(max.url);
  const { tamper, planted } = spoilRecovery();
  proxy.tamper = tamper;
  const plan = planOf("reset", { control: { websocket: 0, polling: 0 } });
  const { summary } = await attack({ url: proxy.url, token: max.token }, { plan });
  expect(planted).toEqual({ lost: 1, doubled: 1 });
  expectBalance(summary);
  expect(summary.deliveries).toMatchObject({ ...noFaults, lost: 1, duplicated: 1 });
  expect(summary.verdict).toBe("FAIL");
});

test("a threshold on absences fails where nobody was away", async () => {
  const max = await startServer();
  const { summary } = await attack(max, { thresholds: ["absences.resumedShare>=0", "absences.dropped>=0"] });
  expect(summary.thresholds).toMatchObject([
    { value: null, passed: false },
    { value: null, passed: false },
  ]);
});

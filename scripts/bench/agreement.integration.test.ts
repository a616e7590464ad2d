/**
 * The reported latency against receivers that share nothing with the load test but the process.
 *
 * One subscribes before all others, one after them, and the server writes in that order: whatever the
 * machine does to the process, what the load test reports lies between the two. Where nothing disturbs
 * them they are a fraction of a millisecond apart. The benchmark has a receiver in another process.
 */
import { expect, onTestFinished, test } from "vitest";
import { attack, expectNoFaults, shortPlan, startServer } from "../../loadtest/loadtest.fixture.js";
import { type Arrival, latenciesMs, percentileOf, subscribe } from "./receiver.js";

async function receive(url: string): Promise<readonly Arrival[]> {
  const arrivals: Arrival[] = [];
  const connection = await subscribe(Number(new URL(url).port), (arrival) => arrivals.push(arrival));
  onTestFinished(() => connection.close());
  return arrivals;
}

const toleranceMs = 1;

async function compare() {
  const max = await startServer({ speed: 2 });
  const first = await receive(max.url);
  let last: readonly Arrival[] = [];
  const joinLast = (line: string) => {
    if (/ warm-up\b/.test(line)) void receive(max.url).then((arrivals) => (last = arrivals));
  };
  const plan = { ...shortPlan, clients: 20, warmupMs: 500, control: { websocket: 0, polling: 0 } };
  const { summary } = await attack(max, { plan, durationMs: 1500, progress: { line: joinLast } });
  const simulation = max.simulation.status();
  const of = (arrivals: readonly Arrival[]) => latenciesMs(arrivals, simulation, summary.ticks);
  return { summary, first: of(first), last: of(last) };
}

test("the reported latency lies between those of an independent receiver before and one after, within 1 ms", async ({
  skip,
}) => {
  const { summary, first, last } = await compare();
  skip(summary.server.slips > 0, "not measured: the machine stood still, and the server began to count anew");
  skip(last.length < first.length, "not measured: the machine let the last receiver come late");
  expectNoFaults(summary);
  expect(first.length).toBeGreaterThan(100);
  expect(last).toHaveLength(first.length);
  for (const { percentile, latencyMs } of summary.spectrum.filter((point) =>
    [25, 50, 75, 90].includes(point.percentile),
  )) {
    expect(latencyMs).toBeGreaterThan(percentileOf(first, percentile) - toleranceMs);
    expect(latencyMs).toBeLessThan(percentileOf(last, percentile) * 1.001 + toleranceMs);
  }
});

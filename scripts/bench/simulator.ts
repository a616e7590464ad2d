/**
 * The simulator benchmark: events and lines per second, the cost of a sector, the time of a seek in a long run.
 *
 * Everything runs on one core, in this process. A run of thirty days is stepped through once, with snapshots; then it
 * seeks targets from the end to the beginning. Memory is the process's resident set.
 */
import { createHash } from "node:crypto";
import {
  type CompleteScenario,
  type TickBatch,
  type TimelineObserver,
  createStreamDigest,
  createTimeline,
  createWorld,
  defaultScenarioName,
  eventLine,
  shippedScenarios,
} from "../../simulator/index.js";
import type { BenchResult, BenchSize } from "./report.js";

interface Plan {
  readonly sessionTicks: number;
  readonly digestTicks: number;
  readonly sectors: readonly number[];
  /** Ticks times sectors: each number of sectors takes as many sector steps. */
  readonly scalingTicks: number;
  readonly longTicks: number;
  readonly seeks: number;
}

const dayTicks = 24 * 3600 * 4;
const plans: Record<BenchSize, Plan> = {
  tiny: { sessionTicks: 500, digestTicks: 100, sectors: [11, 110], scalingTicks: 2000, longTicks: 8000, seeks: 3 },
  full: {
    sessionTicks: 93_600,
    digestTicks: 40_000,
    sectors: [11, 110, 1100],
    scalingTicks: 3_000_000,
    longTicks: 30 * dayTicks,
    seeks: 20,
  },
};

export async function run(size: BenchSize): Promise<BenchResult> {
  const plan = plans[size];
  const hash = createHash("sha256");
  const note: Note = (text) => hash.update(text);
  // First, because garbage of the others would count as its memory.
  const longRun = measureLongRun(plan, note);
  const lines = [...measureSession(plan, note), ...measureScaling(plan, note), ...longRun];
  return { name: "simulator", lines, hash: hash.digest("hex") };
}

type Note = (text: string) => void;

function standard(): CompleteScenario {
  const scenario = shippedScenarios.get(defaultScenarioName);
  if (scenario === undefined) throw new Error("The default scenario is not among the shipped ones");
  return scenario;
}

function timeMs(work: () => void): number {
  const from = performance.now();
  work();
  return performance.now() - from;
}

function perSecond(count: number, ms: number): string {
  return `${((count / ms) * 1000).toLocaleString("en", { maximumFractionDigits: 0 })}/s`;
}

function measureSession({ sessionTicks, digestTicks }: Plan, note: Note): string[] {
  const run = (ticks: number, observe: (batch: TickBatch) => void) => {
    const world = createWorld({ seed: "42", scenario: standard() });
    return timeMs(() => {
      for (let tick = 0; tick < ticks; tick++) observe(world.step());
    });
  };
  let events = 0;
  run(Math.min(sessionTicks, 20_000), () => {}); // Warms up.
  const bareMs = run(sessionTicks, (batch) => (events += batch.events.length));
  let lines = 0;
  let bytes = 0;
  const lineMs = run(sessionTicks, (batch) => {
    for (const event of batch.events) {
      bytes += eventLine(batch, event).length;
      lines += 1;
    }
  });
  const digest = createStreamDigest({ hash: (text) => createHash("sha256").update(text).digest("hex") });
  const digestMs = run(digestTicks, (batch) => digest.observe(batch));
  note(`${events} ${bytes} ${digest.value}`);
  return [
    `session of ${sessionTicks} ticks, 11 sectors: ${bareMs.toFixed(0)} ms, ${events} events, ${perSecond(events, bareMs)}`,
    `as NDJSON lines: ${perSecond(lines, lineMs)}; digested: ${perSecond(digest.events, digestMs)}`,
  ];
}

/** The default scenario with this many sectors: the standard ones, repeated under new ids. */
function widened(count: number): CompleteScenario {
  const { sectors, ...scenario } = standard();
  const many = Array.from({ length: count }, (_, n) => ({ ...sectors[n % sectors.length]!, id: `sector-${n}` }));
  return { ...scenario, sectors: many, agents: [], discussions: [] };
}

function measureScaling({ sectors, scalingTicks }: Plan, note: Note): string[] {
  return sectors.map((count) => {
    const world = createWorld({ seed: "42", scenario: widened(count) });
    // Warm-up.
    const ticks = Math.ceil(scalingTicks / count);
    for (let tick = 0; tick < ticks / 4; tick++) world.step();
    const ms = timeMs(() => {
      for (let tick = 0; tick < ticks; tick++) world.step();
    });
    note(`${world.index().value}`);
    const tickUs = (ms / ticks) * 1000;
    return `${count} sectors: ${tickUs.toFixed(1)} us a tick, ${((tickUs / count) * 1000).toFixed(0)} ns a sector`;
  });
}

/** Counts events: the cheapest observer possible. */
class Counter implements TimelineObserver {
  events: number;

  constructor(state: unknown) {
    this.events = typeof state === "number" ? state : 0;
  }

  observe(batch: TickBatch): void {
    this.events += batch.events.length;
  }

  state(): number {
    return this.events;
  }
}

function measureLongRun({ longTicks, seeks }: Plan, note: Note): string[] {
  const timeline = createTimeline({
    world: { seed: "42", scenario: standard() },
    observer: (state) => new Counter(state),
  });
  let firstMiB = 0;
  let mostMiB = 0;
  const runMs = timeMs(() => {
    for (let tick = 1; tick <= longTicks; tick++) {
      timeline.step();
      if (tick % 20_000 !== 0) continue;
      mostMiB = Math.max(mostMiB, process.memoryUsage.rss() / 2 ** 20);
      if (tick <= dayTicks) firstMiB = mostMiB;
    }
  });
  const { snapshots, bytes } = timeline.kept;
  const seekMs = Array.from({ length: seeks }, (_, n) => {
    const target = Math.floor(longTicks - 1 - (n * longTicks) / seeks);
    return timeMs(() => {
      const seek = timeline.seek(target);
      while (!seek.done) {
        if (seek.wantsAfter !== undefined) seek.feed([]);
        seek.run(10_000);
      }
      seek.settle();
      note(`${timeline.observer.events} ${timeline.world.index().value}`);
    });
  });
  const days = longTicks / dayTicks;
  return [
    `${days.toFixed(2)} days: ${(runMs / 1000).toFixed(1)} s, ${snapshots} snapshots of ${(bytes / snapshots / 1024).toFixed(0)} KiB, resident ${firstMiB.toFixed(0)} MiB on the first day, at most ${mostMiB.toFixed(0)} MiB`,
    `seek to its end: ${seekMs[0]?.toFixed(0)} ms; to ${seeks} targets all over it: at most ${Math.max(...seekMs).toFixed(0)} ms`,
  ];
}

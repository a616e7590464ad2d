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
import { fileURLToPath } from "node:url";
import { BenchProcess } from "./bench-process.js";
import { type BenchResult, type BenchSize, medianOf, requireEqual, takeTurns } from "./report.js";
import type { RunnerOrder, RunnerResult } from "./simulator-runner.js";

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

const ownBuild = fileURLToPath(new URL("../../../", import.meta.url));
const measures: Readonly<Record<RunnerOrder["kind"], string>> = {
  step: "a tick of the world",
  digest: "a tick with its digest",
  server: "a tick of a server without subscribers",
};

type Side = "other" | "this" | "again";

/** Processes anew in each set: one in three is slower for as long as it lives. */
async function measureBuilds(
  builds: Readonly<Record<Side, string>>,
  { rounds, warmups, ticks }: BuildPlan,
): Promise<Record<RunnerOrder["kind"], Record<Side, RunnerResult>[]>> {
  const names = Object.keys(builds) as Side[];
  const open = () => new BenchProcess<typeof import("./simulator-runner.js").handlers>("simulator-runner", 0);
  const runners = { other: open(), this: open(), again: open() };
  const results: Record<RunnerOrder["kind"], Record<Side, RunnerResult>[]> = { step: [], digest: [], server: [] };
  try {
    for (const kind of Object.keys(measures) as RunnerOrder["kind"][]) {
      const measure = (name: Side) => runners[name].call("run", { build: builds[name], kind, ticks });
      results[kind] = await takeTurns(names, { rounds, warmups, alternating: true }, measure);
    }
    return results;
  } finally {
    await Promise.all(Object.values(runners).map((runner) => runner.stop()));
  }
}

interface BuildPlan {
  readonly sets: number;
  readonly rounds: number;
  readonly warmups: number;
  readonly ticks: number;
}

const buildPlans: Record<BenchSize, BuildPlan> = {
  tiny: { sets: 1, rounds: 1, warmups: 0, ticks: 200 },
  full: { sets: 9, rounds: 6, warmups: 6, ticks: 8_000 },
};

/** Compares this build's simulator with another build's, and with itself once more: what that differs by is chance. */
export async function compare(size: BenchSize, build: string): Promise<BenchResult> {
  const plan = buildPlans[size];
  const sets: Awaited<ReturnType<typeof measureBuilds>>[] = [];
  for (let set = 0; set < plan.sets; set++)
    sets.push(await measureBuilds({ other: build, this: ownBuild, again: ownBuild }, plan));
  const hash = createHash("sha256");
  const lines = (Object.keys(measures) as RunnerOrder["kind"][]).map((kind) => {
    const rounds = sets.flatMap((set) => set[kind]);
    for (const round of rounds)
      hash.update(
        requireEqual(
          Object.values(round).map((one) => one.hash),
          measures[kind],
        ),
      );
    const best = (set: (typeof sets)[number], side: Side): number =>
      Math.min(...set[kind].map((round) => round[side].cpuUsPerTick));
    const ratio = (to: Side): string => medianOf(sets, (set) => best(set, to) / best(set, "this")).toFixed(3);
    const us = medianOf(sets, (set) => best(set, "this")).toFixed(1);
    return `${measures[kind]}: ${us} us; ticks per processor time to the other build ${ratio("other")}, to itself ${ratio("again")}`;
  });
  return {
    name: "simulator: this build to another one",
    lines: [`best of ${plan.rounds} rounds, medians of ${plan.sets} sets of processes`, ...lines],
    hash: hash.digest("hex"),
  };
}

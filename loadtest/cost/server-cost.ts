/**
 * What the load costs the server: read before the first subscriber, when the measured time begins, and when it ends.
 *
 * From `/metrics` of servers with the control token; processor time and memory from /proc where processes are named.
 * Of a cluster it is the sum over all members.
 */
import { monotonicMs } from "../core/monotonic.js";
import { sum } from "../core/sum.js";
import { readMetrics } from "../core/target-requests.js";
import type { Targets } from "../core/targets.js";
import { type Sample, readPrometheusText } from "./prometheus-text.js";
import { type ProcessStatistics, readProcess } from "./process-statistics.js";

/** Of the event loop since the last reading, in milliseconds; of several servers the largest. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What the server tells besides its processor time and memory. */
export interface ServerMetrics {
  readonly connections: number;
  readonly deliveries: number;
  readonly gcMs: number;
  readonly loopDelay: LoopDelay | undefined;
}

export interface CostReading {
  readonly atMs: number;
  readonly cpuMs: number;
  readonly residentBytes: number;
  /** Undefined where only processes are read. */
  readonly metrics: ServerMetrics | undefined;
}

export interface CostEvidence {
  /** Before the first subscriber. */
  readonly idle: CostReading;
  readonly from: CostReading;
  readonly to: CostReading;
  /** Over the measured time. */
  readonly loopDelay: LoopDelay | undefined;
  readonly source: "metrics" | "process";
}

/** Completes "The server's cost is not known: ". */
export type CostProblem = string;

/** The timer that measures the delay of the event loop is due every so many milliseconds, which is in what it tells. */
const loopTimerMs = 10;

function valueOf(samples: ReadonlyMap<string, readonly Sample[]>, name: string): number {
  return sum((samples.get(name) ?? []).map(({ value }) => value));
}

function loopDelayOf(samples: ReadonlyMap<string, readonly Sample[]>): LoopDelay | undefined {
  const delays = samples.get("max_event_loop_delay_seconds") ?? [];
  const delayMs = (quantile: string) => {
    const seconds = delays.find(({ labels }) => labels["quantile"] === quantile)?.value ?? Number.NaN;
    return Math.max(0, seconds * 1000 - loopTimerMs);
  };
  const delay = { p50: delayMs("0.5"), p99: delayMs("0.99"), max: delayMs("1") };
  return Number.isNaN(delay.p50 + delay.p99 + delay.max) ? undefined : delay;
}

/** The larger of each. */
function worseOf(a: LoopDelay | undefined, b: LoopDelay | undefined): LoopDelay | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { p50: Math.max(a.p50, b.p50), p99: Math.max(a.p99, b.p99), max: Math.max(a.max, b.max) };
}

function readingOf(samples: ReadonlyMap<string, readonly Sample[]>): CostReading | CostProblem {
  if (!samples.has("process_cpu_seconds_total") || !samples.has("process_resident_memory_bytes"))
    return "GET /metrics answers without process_cpu_seconds_total";
  return {
    atMs: monotonicMs(),
    cpuMs: valueOf(samples, "process_cpu_seconds_total") * 1000,
    residentBytes: valueOf(samples, "process_resident_memory_bytes"),
    metrics: {
      connections: valueOf(samples, "max_connections"),
      deliveries: valueOf(samples, "max_deliveries_total"),
      gcMs: valueOf(samples, "nodejs_gc_duration_seconds_sum") * 1000,
      loopDelay: loopDelayOf(samples),
    },
  };
}

function addMetrics(all: readonly (ServerMetrics | undefined)[]): ServerMetrics | undefined {
  const known = all.filter((metrics) => metrics !== undefined);
  if (known.length === 0 || known.length < all.length) return undefined;
  return {
    connections: sum(known.map(({ connections }) => connections)),
    deliveries: sum(known.map(({ deliveries }) => deliveries)),
    gcMs: sum(known.map(({ gcMs }) => gcMs)),
    loopDelay: known.map(({ loopDelay }) => loopDelay).reduce(worseOf),
  };
}

export class ServerCost {
  readonly #targets: Targets;
  readonly #pids: readonly number[];
  readonly #started = new Map<number, ProcessStatistics>();
  #idle: CostReading | undefined;
  #from: CostReading | undefined;
  #to: CostReading | undefined;
  #loopDelay: LoopDelay | undefined;
  #problem: CostProblem | undefined;

  /** @param pids of the server's processes on this machine, where they are named */
  constructor(targets: Targets, pids: readonly number[]) {
    this.#targets = targets;
    this.#pids = pids;
    if (pids.length === 0 && targets.first.token === undefined)
      this.#problem = "it has no token for /metrics, and none of its processes was named (--server-pid)";
  }

  /** Before the first subscriber. @param known of before, where some are connected already */
  async readIdle(known?: CostReading): Promise<CostReading | undefined> {
    this.#idle = known ?? (await this.#read());
    return this.#idle;
  }

  /** The measured time begins. */
  async begin(): Promise<void> {
    this.#from = await this.#read();
  }

  /** The measured time is over, or as long as it is by now. */
  async update(): Promise<void> {
    if (this.#from === undefined) return;
    const reading = await this.#read();
    if (reading === undefined) return;
    this.#to = reading;
    this.#loopDelay = worseOf(this.#loopDelay, reading.metrics?.loopDelay);
  }

  /** What it has cost by then is gone. */
  restarted(): void {
    this.#problem = "it was restarted during the run";
  }

  get evidence(): CostEvidence | CostProblem {
    const [idle, from, to] = [this.#idle, this.#from, this.#to];
    if (this.#problem !== undefined) return this.#problem;
    if (idle === undefined || from === undefined || to === undefined) return "the run ended before it was measured";
    return { idle, from, to, loopDelay: this.#loopDelay, source: this.#pids.length > 0 ? "process" : "metrics" };
  }

  async #read(): Promise<CostReading | undefined> {
    if (this.#problem !== undefined) return undefined;
    const readings = await Promise.all(this.#targets.all.map((target) => this.#readTarget(target)));
    const known = readings.filter((reading) => typeof reading !== "string");
    const metrics = addMetrics(readings.map((reading) => (typeof reading === "string" ? undefined : reading.metrics)));
    if (this.#pids.length > 0) return this.#readProcesses(metrics);
    const problem = readings.find((reading) => typeof reading === "string");
    if (problem !== undefined) {
      this.#problem = problem;
      return undefined;
    }
    return {
      atMs: Math.max(...known.map(({ atMs }) => atMs)),
      cpuMs: sum(known.map(({ cpuMs }) => cpuMs)),
      residentBytes: sum(known.map(({ residentBytes }) => residentBytes)),
      metrics,
    };
  }

  async #readTarget(target: Targets["first"]): Promise<CostReading | CostProblem> {
    if (target.token === undefined) return "it has no token for /metrics";
    const reading = await readMetrics(target);
    return "problem" in reading ? `GET /metrics ${reading.problem}` : readingOf(readPrometheusText(reading.content));
  }

  #readProcesses(metrics: ServerMetrics | undefined): CostReading | undefined {
    const found = this.#pids.map((pid) => [pid, readProcess(pid)] as const);
    for (const [pid, statistics] of found) {
      const before = this.#started.get(pid) ?? statistics;
      if (statistics === undefined || before?.startTicks !== statistics.startTicks) {
        this.#problem = `process ${pid} ended during the run`;
        return undefined;
      }
      this.#started.set(pid, statistics);
    }
    const all = found.flatMap(([, statistics]) => statistics ?? []);
    return {
      atMs: monotonicMs(),
      cpuMs: sum(all.map(({ cpuMs }) => cpuMs)),
      residentBytes: sum(all.map(({ residentBytes }) => residentBytes)),
      metrics,
    };
  }
}

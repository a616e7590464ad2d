/**
 * What an operator watches, as Prometheus text: the realtime room's counters, how late ticks leave and
 * how long they take, the member of a cluster, and the process itself.
 *
 * Invariant: labels are ours (event names, transports, reasons), never anything that a client chose.
 */
import { Counter, Histogram, type MetricObjectWithValues, type MetricValue, Registry } from "prom-client";
import type { RequestObserver } from "../cluster/member-status.js";
import { type MemberSource, registerMemberMetrics } from "./member-metrics.js";
import { processMetrics } from "./process-metrics.js";
import type { Realtime } from "../realtime/index.js";
import { registerMetrics } from "./realtime-metrics.js";
import type { SimulationHost, TickTiming } from "../simulation/simulation-host.js";

const secondBuckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

export interface Metrics {
  /** Text of GET /metrics. */
  text(): Promise<string>;
  /** The same as objects. */
  collect(): Promise<readonly MetricObjectWithValues<MetricValue<string>>[]>;
  observeTick(timing: TickTiming): void;
  /** Where the server is a member of a cluster. */
  readonly member: RequestObserver | undefined;
  stop(): void;
}

/** @param member where the server is one of a cluster */
export function createMetrics(realtime: Realtime, simulation: () => SimulationHost, member?: MemberSource): Metrics {
  const registry = new Registry();
  const stopRealtime = registerMetrics(registry, realtime);
  const lateness = new Histogram({
    name: "max_tick_lateness_seconds",
    help: "From a tick's intended instant to its beginning.",
    buckets: secondBuckets,
    registers: [registry],
  });
  const duration = new Histogram({
    name: "max_tick_duration_seconds",
    help: "From a tick's beginning until its batch was handed to every subscriber's connection.",
    buckets: secondBuckets,
    registers: [registry],
  });
  const slips: Counter = new Counter({
    name: "max_clock_slips_total",
    help: "How often the clock was re-anchored, because a tick was more than a second late.",
    registers: [registry],
    collect() {
      slips.reset();
      slips.inc(simulation().status().slips);
    },
  });
  return {
    async text() {
      return (await Promise.all([registry.metrics(), processMetrics().metrics()])).join("\n");
    },
    async collect() {
      return (await Promise.all([registry.getMetricsAsJSON(), processMetrics().getMetricsAsJSON()])).flat();
    },
    member: member && registerMemberMetrics(registry, member),
    observeTick({ latenessMs, durationMs }) {
      lateness.observe(latenessMs / 1000);
      duration.observe(durationMs / 1000);
    },
    stop() {
      stopRealtime();
      registry.clear();
    },
  };
}

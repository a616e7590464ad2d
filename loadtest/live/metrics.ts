/**
 * A run as metrics of Prometheus, as prom-client has them: for its text and for OTLP alike.
 *
 * Nothing is measured here: each reading tells what has been counted anyway. Labels are the plan's own words, never
 * what the server sent.
 */
import { type MetricObjectWithValues, type MetricValue, Registry } from "prom-client";
import type { LatencyHistogram } from "../core/histogram.js";
import type { ObservedRun } from "../core/observed-run.js";

type Metric = MetricObjectWithValues<MetricValue<string>>;
type Labels = Readonly<Record<string, string>>;

interface Value {
  readonly value: number;
  readonly labels: Labels;
  readonly metricName?: string;
}

/** Upper bounds, seconds. */
const secondBounds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

function metric(type: "counter" | "gauge" | "histogram", name: string, help: string, values: readonly Value[]): Metric {
  // A name at run time, whatever prom-client's types say.
  return { name: `max_loadtest_${name}`, help, type, values, aggregator: "sum" } as unknown as Metric;
}

/** The buckets of one distribution, each with everything that is not above its bound. */
function bucketsOf(name: string, latency: LatencyHistogram, labels: Labels): readonly Value[] {
  const upTo: number[] = [];
  let [sumMs, counted] = [0, 0];
  // Smallest first: what is not above a bound is counted once a larger value comes.
  for (const [valueMs, count] of latency.values()) {
    while (upTo.length < secondBounds.length && valueMs / 1000 > secondBounds[upTo.length]!) upTo.push(counted);
    counted += count;
    sumMs += valueMs * count;
  }
  const full = `max_loadtest_${name}`;
  const bucket = (le: string, value: number): Value => ({
    metricName: `${full}_bucket`,
    labels: { ...labels, le },
    value,
  });
  return [
    ...secondBounds.map((bound, at) => bucket(String(bound), upTo[at] ?? counted)),
    bucket("+Inf", latency.count),
    { metricName: `${full}_sum`, labels, value: sumMs / 1000 },
    { metricName: `${full}_count`, labels, value: latency.count },
  ];
}

function requestMetrics({ routes }: ObservedRun): readonly Metric[] {
  const counts = routes.flatMap(({ route, requests, failed, errors }) => [
    { value: requests - failed, labels: { route, outcome: "answered" } },
    { value: failed, labels: { route, outcome: "failed" } },
    { value: errors, labels: { route, outcome: "unanswered" } },
  ]);
  const latencies = routes.flatMap(({ route, latency }) => bucketsOf("request_latency_seconds", latency, { route }));
  return [
    metric("counter", "requests_total", "Measured REST requests, by what became of them.", counts),
    metric("histogram", "request_latency_seconds", "From when a measured request was due until its answer.", latencies),
  ];
}

/** All metrics as they are now. */
export function collectLiveMetrics(run: ObservedRun): readonly Metric[] {
  const { plan, stage, elapsedMs, connected, deliveries, faults, latency, generator } = run;
  const one = (value: number, labels: Labels = {}): readonly Value[] => [{ value, labels }];
  return [
    metric("gauge", "stage_info", "The plan, and what it does now.", one(1, { plan, stage })),
    metric("gauge", "elapsed_seconds", "Since the run began.", one(elapsedMs / 1000)),
    metric("gauge", "subscribers", "Subscribers connected.", one(connected)),
    metric("counter", "deliveries_total", "Events received by all subscribers.", one(deliveries)),
    metric(
      "counter",
      "delivery_faults_total",
      "Deliveries that were lost, doubled, swapped, changed or added.",
      one(faults),
    ),
    metric(
      "histogram",
      "delivery_latency_seconds",
      "From an event's intended instant to its arrival at a subscriber, in the measured time.",
      bucketsOf("delivery_latency_seconds", latency, {}),
    ),
    ...requestMetrics(run),
    metric(
      "gauge",
      "generator_utilisation_ratio",
      "How busy the busiest generator was in the last second; above 0.9 the run cannot be trusted.",
      one(generator.utilisation),
    ),
    metric("gauge", "generator_resident_memory_bytes", "Memory of the largest generator.", one(generator.rssBytes)),
  ];
}

/** The same in the text format of Prometheus. */
export async function formatLiveMetrics(run: ObservedRun): Promise<string> {
  const registry = new Registry();
  for (const one of collectLiveMetrics(run))
    registry.registerMetric({ name: one.name, get: async () => await Promise.resolve(one) } as never);
  return await registry.metrics();
}

/** What the load cost the server and the generator, for each delivery and connection, from what was read of them. */
import type { SummaryServer } from "../../schemas/index.js";
import { sum } from "../core/sum.js";
import type { CostEvidence } from "../cost/server-cost.js";
import type { GeneratorCost, GeneratorResult } from "../generator/protocol.js";
import type { Evidence } from "./evidence.js";

type ServerCostFigures = Pick<
  SummaryServer,
  | "cpuUsPerDelivery"
  | "cpuCores"
  | "bytesPerDelivery"
  | "residentBytes"
  | "residentBytesPerConnection"
  | "eventLoopDelayMs"
  | "gcShare"
  | "costSource"
  | "costExplanation"
>;

function ratio(part: number, of: number): number | null {
  return of > 0 ? part / of : null;
}

function costsOf(results: readonly GeneratorResult[]): GeneratorCost[] {
  return results.flatMap(({ cost }) => cost ?? []);
}

/** Deliveries to the run's subscribers in a millisecond. */
function deliveryRate(costs: readonly GeneratorCost[]): number {
  return sum(costs.map(({ deliveries, elapsedMs }) => (elapsedMs > 0 ? deliveries / elapsedMs : 0)));
}

/** Of WebSocket frames, as they were read from the sockets. */
function bytesPerDelivery(costs: readonly GeneratorCost[]): number | null {
  return ratio(sum(costs.map(({ thinBytes }) => thinBytes)), sum(costs.map(({ thinDeliveries }) => thinDeliveries)));
}

function describeReadings({ idle, from, to, loopDelay, source }: CostEvidence, { results, seconds }: Evidence) {
  const elapsedMs = to.atMs - from.atMs;
  const cpuMs = to.cpuMs - from.cpuMs;
  const own =
    from.metrics === undefined || to.metrics === undefined
      ? undefined
      : to.metrics.deliveries - from.metrics.deliveries;
  const deliveries = own ?? deliveryRate(costsOf(results)) * elapsedMs;
  const connected = seconds.reduce((most, second) => Math.max(most, second.connected), 0);
  const connections = to.metrics === undefined ? connected : to.metrics.connections - (idle.metrics?.connections ?? 0);
  return {
    cpuUsPerDelivery: ratio(cpuMs * 1000, deliveries),
    cpuCores: ratio(cpuMs, elapsedMs),
    residentBytes: to.residentBytes,
    // What it takes without subscribers is not theirs.
    residentBytesPerConnection: ratio(Math.max(0, to.residentBytes - idle.residentBytes), connections),
    eventLoopDelayMs: loopDelay ?? { p50: null, p99: null, max: null },
    gcShare:
      from.metrics === undefined || to.metrics === undefined
        ? null
        : ratio(to.metrics.gcMs - from.metrics.gcMs, elapsedMs),
    costSource: source,
    costExplanation: null,
  };
}

export function describeServerCost(evidence: Evidence): ServerCostFigures {
  const bytes = bytesPerDelivery(costsOf(evidence.results));
  if (typeof evidence.cost !== "string")
    return { ...describeReadings(evidence.cost, evidence), bytesPerDelivery: bytes };
  return {
    cpuUsPerDelivery: null,
    cpuCores: null,
    bytesPerDelivery: bytes,
    residentBytes: null,
    residentBytesPerConnection: null,
    eventLoopDelayMs: { p50: null, p99: null, max: null },
    gcShare: null,
    costSource: null,
    costExplanation: evidence.cost,
  };
}

/** Microseconds of processor time that the generators took to receive and check a delivery. */
export function generatorCpuUsPerDelivery(results: readonly GeneratorResult[]): number | null {
  const costs = costsOf(results);
  return ratio(sum(costs.map(({ cpuMs }) => cpuMs)) * 1000, sum(costs.map(({ deliveries }) => deliveries)));
}

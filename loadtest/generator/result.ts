/** What a generator reports in the end: accounts of all its subscribers, and the worst of them by name. */
import { addCounts, countFaults, createCounts } from "../oracle/delivery-counts.js";
import type { Subscriber } from "../clients/subscriber.js";
import type { Generator } from "./generator.js";
import type { GeneratorResult, SubscriberReport } from "./protocol.js";

const worstMax = 10;

function latencyMeanMs({ matcher }: Subscriber): number | null {
  return matcher.latencyCount === 0 ? null : matcher.latencySumMs / matcher.latencyCount;
}

function reportOn(subscriber: Subscriber): SubscriberReport {
  const { matcher } = subscriber;
  return {
    subscriber: `${subscriber.kind} ${matcher.id}`,
    faults: { ...matcher.counts },
    latencyMeanMs: latencyMeanMs(subscriber),
    latencyMaxMs: matcher.latencyMaxMs,
    divergence: matcher.divergence ?? null,
  };
}

/** Those with faults first, then the slowest. */
export function findWorst(reports: readonly SubscriberReport[]): SubscriberReport[] {
  return reports
    .toSorted((a, b) => countFaults(b.faults) - countFaults(a.faults) || b.latencyMaxMs - a.latencyMaxMs)
    .slice(0, worstMax);
}

export function collectResult(generator: Generator, silent: number): GeneratorResult {
  const { connections, learned, violations, divergences, conformance, events, witness } = generator;
  const counts = createCounts();
  for (const { matcher } of connections.everyone) addCounts(counts, matcher.counts);
  for (const [fault, deliveries] of learned.takeBlamed()) violations.add(fault, deliveries);
  return {
    counts,
    clients: {
      connected: connections.opened,
      silent,
      thin: connections.kinds.thin,
      websocket: connections.kinds.websocket,
      polling: connections.kinds.polling,
    },
    refusals: connections.refusals.entries(),
    drops: connections.drops.entries(),
    shortages: connections.shortages.entries(),
    connect: connections.connectTimes.count === 0 ? null : connections.connectTimes.encode(),
    payload: generator.payload?.report() ?? null,
    checkedDistinct: conformance.distinct,
    violations: violations.list(),
    divergences: divergences.list(),
    events: events.entries(),
    worst: findWorst(connections.everyone.map(reportOn)),
    latencyMeans: connections.everyone.map(latencyMeanMs).filter((mean) => mean !== null),
    missedMs: witness.missedMs,
    evidence: [...witness.evidence(), ...learned.evidence()],
  };
}

/** What a generator reports in the end: accounts of all its subscribers, and the worst of them by name. */
import { addLedger, countFaults, createLedger } from "../oracle/delivery-counts.js";
import type { Subscriber } from "../clients/subscriber.js";
import type { Generator } from "./generator.js";
import type { GeneratorResult, SubscriberReport } from "./protocol.js";

const worstMax = 10;

function latencyMeanMs({ follower }: Subscriber): number | null {
  return follower.latencyCount === 0 ? null : follower.latencySumMs / follower.latencyCount;
}

function reportOn(subscriber: Subscriber): SubscriberReport {
  const { follower } = subscriber;
  return {
    subscriber: `${subscriber.kind} ${follower.id}`,
    faults: { ...follower.ledger },
    latencyMeanMs: latencyMeanMs(subscriber),
    latencyMaxMs: follower.latencyMaxMs,
    divergence: follower.divergence ?? null,
  };
}

/** Those with faults first, then the slowest. */
export function findWorst(reports: readonly SubscriberReport[]): SubscriberReport[] {
  return reports
    .toSorted((a, b) => countFaults(b.faults) - countFaults(a.faults) || b.latencyMaxMs - a.latencyMaxMs)
    .slice(0, worstMax);
}

export function collectResult(generator: Generator, silent: number): GeneratorResult {
  const { population, learned, violations, divergences, conformance, events, witness } = generator;
  const ledger = createLedger();
  for (const { follower } of population.everyone) addLedger(ledger, follower.ledger);
  for (const [fault, deliveries] of learned.blamed()) violations.add(fault, deliveries);
  return {
    ledger,
    clients: {
      connected: population.opened,
      silent,
      thin: population.kinds.thin,
      websocket: population.kinds.websocket,
      polling: population.kinds.polling,
    },
    refusals: population.refusals.entries(),
    drops: population.drops.entries(),
    shortages: population.shortages.entries(),
    connect: population.connectTimes.count === 0 ? null : population.connectTimes.encode(),
    payload: generator.payload?.report() ?? null,
    checkedDistinct: conformance.distinct,
    violations: violations.list(),
    divergences: divergences.list(),
    events: events.entries(),
    worst: findWorst(population.everyone.map(reportOn)),
    latencyMeans: population.everyone.map(latencyMeanMs).filter((mean) => mean !== null),
    missedMs: witness.missedMs,
    evidence: [...witness.evidence(), ...learned.evidence()],
  };
}

/** What a generator reports in the end: accounts of all its subscribers, and the worst of them by name. */
import { addCounts, countFaults, createCounts } from "../oracle/delivery-counts.js";
import { type SubscriberKind, subscriberKinds } from "../oracle/subscriber-kind.js";
import type { Subscriber } from "../clients/subscriber.js";
import type { ConnectionManager } from "./connection-manager.js";
import type { DeliveryAccounts } from "./delivery-accounts.js";
import type { Meter } from "./meter.js";
import type { PayloadMeter } from "./payload-meter.js";
import type { AddressReport, GeneratorCost, GeneratorResult, SubscriberReport, TransportReport } from "./protocol.js";

const worstMax = 10;

function latencyMeanMs({ matcher }: Subscriber): number | null {
  return matcher.latencyCount === 0 ? null : matcher.latencySumMs / matcher.latencyCount;
}

function reportOn(subscriber: Subscriber): SubscriberReport {
  const { matcher } = subscriber;
  return {
    subscriber: `${subscriber.kind} ${matcher.id}`,
    address: matcher.address,
    faults: { ...matcher.counts },
    latencyMeanMs: latencyMeanMs(subscriber),
    latencyMaxMs: matcher.latencyMaxMs,
    divergence: matcher.divergence ?? null,
  };
}

/** A reason why the generator's own system had no room, with its count. */
export function describeShortage(shortage: string): string {
  return `the generator's system ran short: ${shortage}`;
}

/** Those with faults first, then the slowest. */
export function findWorst(reports: readonly SubscriberReport[]): SubscriberReport[] {
  return reports
    .toSorted((a, b) => countFaults(b.faults) - countFaults(a.faults) || b.latencyMaxMs - a.latencyMaxMs)
    .slice(0, worstMax);
}

function reportAddresses({ addresses, everyone }: ConnectionManager, meter: Meter): AddressReport[] {
  const reports = addresses.map((failures, address) => ({
    ...failures,
    connected: 0,
    counts: createCounts(),
    latency: meter.addressLatency(address),
  }));
  for (const { matcher } of everyone) {
    const report = reports[matcher.address]!;
    report.connected += 1;
    addCounts(report.counts, matcher.counts);
  }
  return reports;
}

function reportTransport(transport: SubscriberKind, { everyone }: ConnectionManager, meter: Meter): TransportReport {
  const counts = createCounts();
  const subscribers = everyone.filter(({ kind }) => kind === transport);
  for (const { matcher } of subscribers) addCounts(counts, matcher.counts);
  return { transport, connected: subscribers.length, counts, latency: meter.kindLatency(transport) };
}

/** Where a generator has counted. */
export interface ResultSources {
  readonly connections: ConnectionManager;
  readonly meter: Meter;
  readonly accounts: DeliveryAccounts;
  /** Where the stream was learned. */
  readonly payload: PayloadMeter | undefined;
  /** Subscribers that received nothing. */
  readonly silent: number;
  readonly cost: GeneratorCost | null;
  readonly missedMs: number;
  readonly evidence: readonly string[];
}

export function collectResult(sources: ResultSources): GeneratorResult {
  const { connections, meter, accounts, payload, silent, cost, missedMs, evidence } = sources;
  const addresses = reportAddresses(connections, meter);
  const counts = createCounts();
  for (const address of addresses) addCounts(counts, address.counts);
  return {
    counts,
    addresses,
    clients: {
      connected: connections.opened,
      silent,
      thin: connections.kinds.thin,
      compressed: connections.compressed,
      websocket: connections.kinds.websocket,
      polling: connections.kinds.polling,
    },
    absences: {
      dropped: connections.absences.dropped,
      returned: connections.absences.returned,
      resumed: connections.absences.resumed,
      back: connections.absences.back.encode(),
      replay: meter.replay.encode(),
    },
    restarts: connections.restarts.report(),
    refusals: connections.refusals.entries(),
    drops: connections.drops.entries(),
    shortages: connections.shortages.entries(),
    connect: connections.connectTimes.count === 0 ? null : connections.connectTimes.encode(),
    payload: payload?.report() ?? null,
    checkedDistinct: accounts.conformance.distinct,
    violations: accounts.violations.list(),
    divergences: accounts.divergences.list(),
    events: accounts.events.entries(),
    stages: accounts.stages.entries(),
    latencies: meter.latencies,
    arrival: meter.arrival(),
    transports: subscriberKinds.map((kind) => reportTransport(kind, connections, meter)),
    worst: findWorst(connections.everyone.map(reportOn)),
    latencyMeans: connections.everyone.map(latencyMeanMs).filter((mean) => mean !== null),
    cost,
    missedMs,
    evidence,
  };
}

/** What a summary says of the subscribers: how many, over which transport, how fair, and how they came back. */
import type { Summary, SummaryRestart, SummarySubscriber, SummaryTransport } from "../../schemas/index.js";
import { LatencyHistogram } from "../core/histogram.js";
import { medianOf } from "../core/median.js";
import { ReasonCounts } from "../core/reason-counts.js";
import { sum } from "../core/sum.js";
import type { GeneratorResult, ReasonCount, SubscriberReport } from "../generator/protocol.js";
import { findWorst } from "../generator/result.js";
import { addCounts, countFaults, createCounts, totalsOf } from "../oracle/delivery-counts.js";
import type { SubscriberKind } from "../oracle/subscriber-kind.js";
import type { Evidence, SummaryInput } from "./evidence.js";

export function describeClients(results: readonly GeneratorResult[], planned: number): Summary["clients"] {
  const total = (field: keyof GeneratorResult["clients"]) => sum(results.map(({ clients }) => clients[field]));
  const drops = mergeReasons(results.map((result) => result.drops));
  const refusals = mergeReasons(results.map((result) => result.refusals));
  return {
    planned,
    connected: total("connected"),
    dropped: drops.total,
    refused: refusals.total,
    drops: drops.list(),
    refusals: refusals.list(),
    silent: total("silent"),
    thin: total("thin"),
    compressed: total("compressed"),
    websocket: total("websocket"),
    polling: total("polling"),
  };
}

/** Each stage in which the server was restarted. Times are null that so many have not reached. */
export function describeRestarts({ results, stages }: Evidence): SummaryRestart[] {
  const reports = results.flatMap(({ restarts }) => restarts);
  return stages.flatMap(({ name }, index) => {
    const own = reports.filter(({ stage }) => stage === index);
    if (own.length === 0) return [];
    const total = (field: "dropped" | "resumed" | "missed") => sum(own.map((report) => report[field]));
    const back = LatencyHistogram.merge(own.map((report) => report.back));
    const dropped = total("dropped");
    /** When so many of those that were dropped were back. */
    const backMs = (share: number) => {
      const needed = Math.ceil(dropped * share);
      return needed === 0 || needed > back.count ? null : back.percentileMs((needed / back.count) * 100);
    };
    return {
      stage: name,
      dropped,
      returned: back.count,
      neverBack: dropped - back.count,
      resumed: total("resumed"),
      firstBackMs: back.count === 0 ? null : back.percentileMs(0),
      back50Ms: backMs(0.5),
      back95Ms: backMs(0.95),
      back100Ms: backMs(1),
      missed: total("missed"),
    };
  });
}

export function describeAbsences(
  results: readonly GeneratorResult[],
  percents: readonly number[],
): Summary["absences"] {
  const all = results.map(({ absences }) => absences);
  const total = (field: "dropped" | "returned" | "resumed") => sum(all.map((absences) => absences[field]));
  const [returned, resumed] = [total("returned"), total("resumed")];
  return {
    dropped: total("dropped"),
    returned,
    resumed,
    resumedShare: returned === 0 ? null : resumed / returned,
    backMs: LatencyHistogram.merge(all.map(({ back }) => back)).percentiles(percents),
    replayMs: LatencyHistogram.merge(all.map(({ replay }) => replay)).percentiles(percents),
  };
}

/** Transports that the run had. Thin subscribers have the latencies that no other has. */
export function describeTransports(
  results: readonly GeneratorResult[],
  all: LatencyHistogram,
  percents: readonly number[],
): SummaryTransport[] {
  const ofKind = (kind: SubscriberKind) => {
    const reports = results.flatMap(({ transports }) => transports.filter(({ transport }) => transport === kind));
    const counts = createCounts();
    for (const report of reports) addCounts(counts, report.counts);
    const latency = LatencyHistogram.merge(reports.map((report) => report.latency));
    return { transport: kind, connected: sum(reports.map(({ connected }) => connected)), counts, latency };
  };
  const [websocket, polling] = [ofKind("websocket"), ofKind("polling")];
  const thin = { ...ofKind("thin"), latency: all.without(websocket.latency, polling.latency) };
  return [thin, websocket, polling]
    .filter(({ connected }) => connected > 0)
    .map(({ transport, connected, counts, latency }) => ({
      transport,
      connected,
      deliveries: totalsOf(counts),
      latencyMs: latency.percentiles(percents),
    }));
}

function describeSubscriber(report: SubscriberReport, { targets, evidence }: SummaryInput): SummarySubscriber {
  const { divergence } = report;
  const at = targets.areSeveral ? ` at ${targets.all[report.address]!.base}` : "";
  return {
    subscriber: report.subscriber + at,
    faults: countFaults(report.faults),
    latencyMeanMs: report.latencyMeanMs,
    latencyMaxMs: report.latencyMaxMs,
    divergence:
      divergence === null
        ? null
        : {
            kind: divergence.kind,
            tick: Math.max(0, divergence.tick),
            secondsIn: (divergence.atMs - evidence.startMs) / 1000,
            expected: divergence.expected,
            received: divergence.received,
          },
  };
}

export function describeFairness(input: SummaryInput): Summary["fairness"] {
  const { results } = input.evidence;
  const means = results.flatMap(({ latencyMeans }) => latencyMeans);
  const isEmpty = means.length === 0;
  return {
    medianMs: isEmpty ? null : medianOf(means),
    worstMs: isEmpty ? null : means.reduce((worst, mean) => Math.max(worst, mean)),
    worst: findWorst(results.flatMap(({ worst }) => worst)).map((report) => describeSubscriber(report, input)),
  };
}

export function mergeReasons(lists: readonly (readonly ReasonCount[])[]): ReasonCounts {
  const merged = new ReasonCounts();
  for (const [reason, count] of lists.flat()) merged.add(reason, count);
  return merged;
}

/** Puts the evidence of a run together into the summary, and has it judged. */
import type {
  Plan,
  Simulation,
  Summary,
  SummaryAddress,
  SummaryEvent,
  SummaryRoute,
  SummarySubscriber,
} from "../../schemas/index.js";
import { eventNames } from "../../schemas/index.js";
import { describeEnvironment } from "../core/environment.js";
import { ReasonCounts } from "../core/reason-counts.js";
import { EventAccounts, FaultCounts } from "../generator/delivery-accounts.js";
import type { CountedFault, GeneratorResult, ReasonCount, SubscriberReport } from "../generator/protocol.js";
import { findWorst } from "../generator/result.js";
import type { MergedSecond } from "../generator/seconds.js";
import type { MergedBatch } from "../generator/generator-pool.js";
import { maskSecrets } from "../core/mask-secrets.js";
import { LatencyHistogram } from "../core/histogram.js";
import { medianOf } from "../core/median.js";
import type { Threshold } from "./thresholds.js";
import { judge } from "./verdict.js";
import type { LoadtestOptions } from "../core/options.js";
import { addCounts, countFaults, createCounts, totalsOf } from "../oracle/delivery-counts.js";
import { type PayloadLatency, judgePayloadLatency, noPayloadLatency } from "./payload-latency.js";
import type { AnswerCounts, RouteFigures } from "../rest/rest-load.js";
import type { ClockEvidence } from "../core/server-clock.js";
import type { Targets } from "../core/targets.js";
import { describeTimeline, heatLimitsMs, medianConnected } from "./timeline.js";
import type { Timetable } from "../core/timetable.js";

/** What a run leaves behind. */
export interface Evidence {
  readonly results: readonly GeneratorResult[];
  /** What is known of the server's clock, where the payloads' timestamps were read. */
  readonly clock: ClockEvidence | undefined;
  readonly payloadShiftMs: number;
  readonly seconds: readonly MergedSecond[];
  readonly batches: readonly MergedBatch[];
  readonly routes: readonly RouteFigures[];
  /** Of each target. */
  readonly answers: readonly AnswerCounts[];
  readonly requestsPerSecond: readonly number[];
  /** The server's last word on the simulation. */
  readonly simulation: Simulation | undefined;
  readonly slips: number;
  readonly intervalMs: number;
  /** Of the intended instants. */
  readonly uncertaintyMs: number;
  readonly errors: readonly string[];
  /** Of the conducting process in the measured time: it sends the REST requests. */
  readonly conductor: { readonly missedMs: number; readonly evidence: readonly string[] };
  /** Generators that gave no account. */
  readonly failures: readonly string[];
  readonly startMs: number;
  readonly startedAt: Date;
  readonly measuredMs: number;
  readonly interrupted: boolean;
}

export interface SummaryInput {
  readonly options: LoadtestOptions;
  readonly targets: Targets;
  readonly timetable: Timetable;
  readonly workers: number;
  readonly reason: string | undefined;
  readonly simulation: Simulation | undefined;
  readonly thresholds: readonly Threshold[];
  readonly evidence: Evidence;
}

const spectrumPercentiles = [0, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.9, 99.95, 99.99, 99.995, 99.999, 100];

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mergeFaults(lists: readonly (readonly CountedFault[])[]): CountedFault[] {
  const merged = new FaultCounts();
  for (const { deliveries, ...fault } of lists.flat()) merged.add(fault, deliveries);
  return merged.list();
}

function mergeEvents(results: readonly GeneratorResult[]): SummaryEvent[] {
  const merged = new EventAccounts();
  for (const event of eventNames) merged.of(event);
  for (const [event, counts] of results.flatMap(({ events }) => events)) merged.add(event, counts);
  return merged.entries().map(([event, counts]) => Object.assign({ event }, counts));
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

function describeFairness(input: SummaryInput): Summary["fairness"] {
  const { results } = input.evidence;
  const means = results.flatMap(({ latencyMeans }) => latencyMeans);
  const isEmpty = means.length === 0;
  return {
    medianMs: isEmpty ? null : medianOf(means),
    worstMs: isEmpty ? null : means.reduce((worst, mean) => Math.max(worst, mean)),
    worst: findWorst(results.flatMap(({ worst }) => worst)).map((report) => describeSubscriber(report, input)),
  };
}

function describeFanout(batches: readonly MergedBatch[]): Pick<Summary, "completionMs" | "latenessMs" | "spreadMs"> {
  const completion = new LatencyHistogram();
  const lateness = new LatencyHistogram();
  const spread = new LatencyHistogram();
  for (const { intendedMs, firstMs, lastMs } of batches) {
    if (lastMs >= firstMs) spread.record(lastMs - firstMs);
    if (Number.isNaN(intendedMs)) continue;
    lateness.record(firstMs - intendedMs);
    if (lastMs >= firstMs) completion.record(lastMs - intendedMs);
  }
  return { completionMs: completion.percentiles(), latenessMs: lateness.percentiles(), spreadMs: spread.percentiles() };
}

function describePayloadLatency({ reason, simulation, evidence }: SummaryInput): PayloadLatency {
  if (reason === undefined)
    return noPayloadLatency("latencyMs counts from the intended instant, which is better than any timestamp");
  if (simulation !== undefined) return noPayloadLatency("the server's timestamps are simulated time, not wall time");
  const report = evidence.results.find(({ payload }) => payload !== null)?.payload;
  if (report === undefined || report === null || evidence.clock === undefined)
    return noPayloadLatency("no payload was read");
  return judgePayloadLatency({ report, clock: evidence.clock, shiftMs: evidence.payloadShiftMs });
}

function describeHttp(routes: readonly RouteFigures[]): Pick<Summary, "http" | "httpMs"> {
  const all = new LatencyHistogram();
  const described: SummaryRoute[] = routes.map(({ latency, reasons, ...figures }) => {
    all.add(latency);
    return { ...figures, reasons: reasons.list(), latencyMs: latency.percentiles() };
  });
  const total = (field: "requests" | "errors" | "failed") => sum(described.map((route) => route[field]));
  return {
    httpMs: all.percentiles(),
    http: { requests: total("requests"), errors: total("errors"), failed: total("failed"), routes: described },
  };
}

function describeTicks(batches: readonly MergedBatch[], intervalMs: number): Summary["ticks"] {
  const ticks = batches.filter(({ sequence }) => sequence === 0).map(({ tick }) => tick);
  const first = ticks.reduce((least, tick) => Math.min(least, tick), Infinity);
  return {
    count: ticks.length,
    first: ticks.length === 0 ? 0 : first,
    last: ticks.reduce((most, tick) => Math.max(most, tick), 0),
    intervalMs,
  };
}

function describeClients(results: readonly GeneratorResult[], planned: number): Summary["clients"] {
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
    websocket: total("websocket"),
    polling: total("polling"),
  };
}

/** Of one address the latency is that of the run. */
function describeAddresses({ targets, evidence }: SummaryInput, all: LatencyHistogram): SummaryAddress[] {
  return targets.all.map(({ base }, index) => {
    const reports = evidence.results.map(({ addresses }) => addresses[index]!);
    const counts = createCounts();
    for (const report of reports) addCounts(counts, report.counts);
    const total = (field: "connected" | "dropped" | "refused") => sum(reports.map((report) => report[field]));
    const latency = targets.areSeveral ? LatencyHistogram.merge(reports.map((report) => report.latency)) : all;
    return {
      url: base,
      connected: total("connected"),
      dropped: total("dropped"),
      refused: total("refused"),
      deliveries: totalsOf(counts),
      latencyMs: latency.percentiles(),
      http: { ...evidence.answers[index]! },
    };
  });
}

function mergeReasons(lists: readonly (readonly ReasonCount[])[]): ReasonCounts {
  const merged = new ReasonCounts();
  for (const [reason, count] of lists.flat()) merged.add(reason, count);
  return merged;
}

function generatorEvidence({ results, failures, conductor }: Evidence): string[] {
  const shortages = mergeReasons(results.map((result) => result.shortages)).list();
  return [
    ...new Set([
      ...failures,
      ...conductor.evidence,
      ...results.flatMap(({ evidence }) => evidence),
      ...shortages.map((shortage) => `the generator's system ran short: ${shortage}`),
    ]),
  ];
}

function planOf(plan: Plan, { clients, warmupMs, opening, stages }: Timetable): Plan {
  const measured = stages.map((stage) => ({ ...stage, durationMs: Math.round(stage.durationMs) }));
  const all = [...(opening === undefined ? [] : [opening]), ...measured] as Plan["stages"];
  const rest = plan.rest?.map(({ path, ...route }) => ({ ...route, path: maskSecrets(path) }));
  return { ...plan, clients, warmupMs, stages: all, ...(rest !== undefined && { rest }) };
}

function describeTarget({ options, targets, reason, simulation }: SummaryInput): Summary["target"] {
  return {
    url: targets.first.base,
    ownServer: options.ownServer ?? false,
    oracle: reason === undefined ? "regenerated" : "learned",
    oracleReason: reason ?? null,
    bootId: simulation?.bootId ?? null,
    simulatorVersion: simulation?.simulatorVersion ?? null,
  };
}

function describeGenerator({ workers, evidence }: SummaryInput): Summary["generator"] {
  const { seconds, results } = evidence;
  return {
    workers,
    utilisationMax: seconds.reduce((most, { utilisation }) => Math.max(most, utilisation), 0),
    rssBytesMax: seconds.reduce((most, { rssBytes }) => Math.max(most, rssBytes), 0),
    missedMs: Math.max(evidence.conductor.missedMs, ...results.map(({ missedMs }) => missedMs)),
    evidence: generatorEvidence(evidence),
  };
}

export function summarise(input: SummaryInput): Summary {
  const { options, timetable, simulation, evidence } = input;
  const { results, seconds, batches, measuredMs } = evidence;
  const counts = createCounts();
  for (const result of results) addCounts(counts, result.counts);
  const details = mergeFaults(results.map(({ violations }) => violations));
  const { timeline, latency } = describeTimeline(seconds, evidence.requestsPerSecond);
  const events = mergeEvents(results);
  const measuredSeconds = measuredMs / 1000;
  const perSecond = (count: number) => (measuredSeconds > 0 ? count / measuredSeconds : 0);
  const last = evidence.simulation ?? simulation;
  const unjudged = {
    interrupted: evidence.interrupted,
    command: options.commandLine,
    version: options.version,
    startedAt: evidence.startedAt.toISOString(),
    durationMs: Math.round(measuredMs),
    target: describeTarget(input),
    addresses: describeAddresses(input, latency),
    seed: simulation?.seed ?? null,
    scenario: simulation?.scenario ?? null,
    digest: last?.digest ?? null,
    plan: planOf(options.plan, timetable),
    deliveries: totalsOf(counts),
    conformance: {
      checked: counts.received + counts.corrupted + counts.unexpected + counts.duplicated,
      distinct: sum(results.map(({ checkedDistinct }) => checkedDistinct)),
      violations: sum(details.map(({ deliveries }) => deliveries)),
      details,
    },
    divergences: mergeFaults(results.map(({ divergences }) => divergences)),
    latencyMs: latency.percentiles(),
    latencyUncertaintyMs: evidence.uncertaintyMs,
    ...describeFanout(batches),
    ...describePayloadLatency(input),
    connectMs: LatencyHistogram.merge(results.map(({ connect }) => connect)).percentiles(),
    clients: describeClients(results, timetable.clientsMax),
    rates: {
      deliveriesPerSecond: perSecond(latency.count),
      eventsPerSecond: perSecond(latency.count) / medianConnected(timeline),
      ticksPerSecond: perSecond(batches.filter(({ sequence }) => sequence === 0).length),
    },
    ...describeHttp(evidence.routes),
    events,
    ticks: describeTicks(batches, evidence.intervalMs),
    fairness: describeFairness(input),
    generator: describeGenerator(input),
    server: {
      slips: evidence.slips,
      speed: last?.speed ?? null,
      speedAchieved: last?.speedAchieved ?? null,
      errors: [...evidence.errors],
    },
    timeline,
    heatLimitsMs: [...heatLimitsMs],
    spectrum:
      latency.count === 0
        ? []
        : spectrumPercentiles.map((percentile) => ({ percentile, latencyMs: latency.percentileMs(percentile) })),
    environment: describeEnvironment(),
  };
  return { ...judge(unjudged, input.thresholds), ...unjudged };
}

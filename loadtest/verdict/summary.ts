/** Puts the evidence of a run together into the summary, and has it judged. */
import type {
  Plan,
  PlanRest,
  PlanRoute,
  Summary,
  SummaryAddress,
  SummaryEvent,
  SummaryRoute,
  SummaryStage,
} from "../../schemas/index.js";
import { eventNames } from "../../schemas/index.js";
import { describeCertificates } from "../core/certificates.js";
import { describeEnvironment } from "../core/environment.js";
import { EventAccounts, FaultCounts } from "../generator/delivery-accounts.js";
import type { CountedFault, GeneratorResult } from "../generator/protocol.js";
import { describeShortage } from "../generator/result.js";
import type { MergedBatch } from "../generator/merged-batches.js";
import { maskSecrets } from "../core/mask-secrets.js";
import { LatencyHistogram } from "../core/histogram.js";
import type { Threshold } from "./thresholds.js";
import type { Evidence, SummaryInput } from "./evidence.js";
import {
  describeAbsences,
  describeClients,
  describeFairness,
  describeRestarts,
  describeTransports,
  mergeReasons,
} from "./subscriber-figures.js";
import { describeServerCost, generatorCpuUsPerDelivery } from "./cost.js";
import { sum } from "../core/sum.js";
import { judge } from "./verdict.js";
import { addCounts, createCounts, totalsOf } from "../oracle/delivery-counts.js";
import { type PayloadLatency, judgePayloadLatency, mergePayloads, noPayloadLatency } from "./payload-latency.js";
import { describeTimeline, heatLimitsMs, medianConnected, spectrumOf } from "./timeline.js";
import type { Timetable } from "../core/timetable.js";

function mergeFaults(lists: readonly (readonly CountedFault[])[]): CountedFault[] {
  const merged = new FaultCounts();
  for (const { deliveries, ...fault } of lists.flat()) merged.add(fault, deliveries);
  return merged.list();
}

/** Percentiles that thresholds ask for beside the usual ones. */
function percentsOf(thresholds: readonly Threshold[]): number[] {
  const usual = new Set([50, 90, 99, 99.9]);
  const asked = new Set(thresholds.map(({ percent }) => percent).filter((percent) => percent !== undefined));
  return [...asked].filter((percent) => !usual.has(percent)).toSorted((a, b) => a - b);
}

/** What several generators have of one thing, by its name. */
function mergeLatency<Name>(lists: readonly (readonly (readonly [Name, string])[])[], name: Name): LatencyHistogram {
  const same = lists.flat().filter(([other]) => other === name);
  return LatencyHistogram.merge(same.map(([, latency]) => latency));
}

function mergeEvents(results: readonly GeneratorResult[], percents: readonly number[]): SummaryEvent[] {
  const merged = new EventAccounts();
  for (const event of eventNames) merged.of(event);
  for (const [event, counts] of results.flatMap(({ events }) => events)) merged.add(event, counts);
  const latencies = results.map(({ latencies: { events } }) => events);
  return merged.entries().map(([event, counts]) => {
    const latencyMs = mergeLatency(latencies, event).percentiles(percents);
    return Object.assign({ event }, counts, { latencyMs });
  });
}

/** The measured stages that began. */
function describeStages({ results, stages, startMs }: Evidence, percents: readonly number[]): SummaryStage[] {
  const counted = new EventAccounts();
  for (const [stage, counts] of results.flatMap((result) => result.stages)) counted.add(stage, counts);
  const latencies = results.map((result) => result.latencies.stages);
  return stages.map(({ name, fromMs, toMs }, index) => {
    const times = { startSecond: (fromMs - startMs) / 1000, durationMs: Math.round(toMs - fromMs) };
    const latencyMs = mergeLatency(latencies, index).percentiles(percents);
    return Object.assign({ stage: name }, times, counted.of(String(index)), { latencyMs });
  });
}

function describeFanout(
  { batches }: Evidence,
  percents: readonly number[],
): Pick<Summary, "completionMs" | "latenessMs" | "spreadMs"> {
  const completion = new LatencyHistogram();
  const lateness = new LatencyHistogram();
  const spread = new LatencyHistogram();
  for (const { intendedMs, firstMs, lastMs } of batches) {
    if (lastMs >= firstMs) spread.record(lastMs - firstMs);
    if (Number.isNaN(intendedMs)) continue;
    lateness.record(firstMs - intendedMs);
    if (lastMs >= firstMs) completion.record(lastMs - intendedMs);
  }
  return {
    completionMs: completion.percentiles(percents),
    latenessMs: lateness.percentiles(percents),
    spreadMs: spread.percentiles(percents),
  };
}

/** Each generator times from its own first arrival: how much later that was than the first of all. */
function originSpreadMs({ batches }: Evidence): number {
  return batches.reduce((most, { firstMs, firstMsMax }) => Math.max(most, firstMsMax - firstMs), 0);
}

/** The errors of the clocks between server and agent add up: the controller's, and that of the host that knows it least. */
function describeUncertaintyMs({ reason, evidence }: SummaryInput): number {
  const ofHosts = evidence.hosts.reduce((most, { uncertaintyMs }) => Math.max(most, uncertaintyMs), 0);
  return Math.max(evidence.uncertaintyMs, reason === undefined ? 0 : originSpreadMs(evidence)) + ofHosts;
}

function describePayloadLatency({ reason, simulation, evidence }: SummaryInput): PayloadLatency {
  if (reason === undefined)
    return noPayloadLatency("latencyMs counts from the intended instant, which is better than any timestamp");
  if (simulation !== undefined) return noPayloadLatency("the server's timestamps are simulated time, not wall time");
  if (evidence.hosts.length > 0)
    return noPayloadLatency(
      "the agents' hosts have wall clocks of their own, which nothing compares with the server's",
    );
  const report = mergePayloads(evidence.results.flatMap(({ payload }) => payload ?? []));
  if (report === undefined || evidence.clock === undefined) return noPayloadLatency("no payload was read");
  return judgePayloadLatency({ report, clock: evidence.clock, shiftMs: evidence.payloadShiftMs });
}

function describeHttp({ rest, saturation }: Evidence, percents: readonly number[]): Pick<Summary, "http" | "httpMs"> {
  const all = new LatencyHistogram();
  const described: SummaryRoute[] = [];
  for (const { latency, reasons, ...figures } of rest?.routes ?? []) {
    all.add(latency);
    described.push({ ...figures, reasons: reasons.list(), latencyMs: latency.percentiles(percents) });
  }
  const total = (field: "requests" | "errors" | "failed") => sum(described.map((route) => route[field]));
  return {
    httpMs: all.percentiles(percents),
    http: {
      requests: total("requests"),
      errors: total("errors"),
      failed: total("failed"),
      routes: described,
      sendLateMs: (rest?.sendLate ?? new LatencyHistogram()).percentiles(percents),
      waited: rest?.waited ?? 0,
      saturation: saturation ?? null,
    },
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

/** Of one address the latency is that of the run. */
function describeAddresses({ targets, evidence, thresholds }: SummaryInput, all: LatencyHistogram): SummaryAddress[] {
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
      latencyMs: latency.percentiles(percentsOf(thresholds)),
      http: { ...(evidence.rest?.addresses[index] ?? { requests: 0, errors: 0, failed: 0 }) },
    };
  });
}

function generatorEvidence({ results, failures, conductor, agreementEvidence }: Evidence): string[] {
  const shortages = mergeReasons(results.map((result) => result.shortages)).list();
  return [
    ...new Set([
      ...failures,
      ...agreementEvidence,
      ...conductor.evidence,
      ...results.flatMap(({ evidence }) => evidence),
      ...shortages.map(describeShortage),
    ]),
  ];
}

/** Reports are passed around: what is sent as a header may be a credential. */
function maskRoute({ path, headers, ...route }: PlanRoute): PlanRoute {
  const hidden = Object.fromEntries(Object.keys(headers ?? {}).map((name) => [name, "***"]));
  return { ...route, path: maskSecrets(path), ...(headers !== undefined && { headers: hidden }) };
}

function maskRest({ routes, saturate, ...rest }: PlanRest): PlanRest {
  return {
    ...rest,
    ...(routes !== undefined && { routes: routes.map(maskRoute) }),
    ...(saturate !== undefined && { saturate: { ...saturate, path: maskSecrets(saturate.path) } }),
  };
}

function planOf(plan: Plan, { clients, warmupMs, opening, stages }: Timetable): Plan {
  const measured = stages.map((stage) => ({ ...stage, durationMs: Math.round(stage.durationMs) }));
  const all = [...(opening === undefined ? [] : [opening]), ...measured] as Plan["stages"];
  return { ...plan, clients, warmupMs, stages: all, ...(plan.rest !== undefined && { rest: maskRest(plan.rest) }) };
}

function describeTarget({ options, targets, reason, simulation }: SummaryInput): Summary["target"] {
  return {
    url: targets.first.base,
    ownServer: options.ownServer ?? false,
    oracle: reason === undefined ? "regenerated" : "learned",
    oracleReason: reason ?? null,
    bootId: simulation?.bootId ?? null,
    simulatorVersion: simulation?.simulatorVersion ?? null,
    certificate: describeCertificates(targets.all.map(({ url }) => url)),
  };
}

function describeGenerator({ workers, evidence }: SummaryInput, percents: readonly number[]): Summary["generator"] {
  const { seconds, results } = evidence;
  return {
    workers,
    utilisationMax: seconds.reduce((most, { utilisation }) => Math.max(most, utilisation), 0),
    rssBytesMax: seconds.reduce((most, { rssBytes }) => Math.max(most, rssBytes), 0),
    cpuUsPerDelivery: generatorCpuUsPerDelivery(results),
    missedMs: Math.max(evidence.conductor.missedMs, ...results.map(({ missedMs }) => missedMs)),
    arrivalMs: LatencyHistogram.merge(results.map(({ arrival }) => arrival)).percentiles(percents),
    evidence: generatorEvidence(evidence),
    hosts: evidence.hosts.map((host) => ({ ...host })),
  };
}

export function summarise(input: SummaryInput): Summary {
  const { options, timetable, simulation, evidence } = input;
  const { results, seconds, batches, measuredMs } = evidence;
  const counts = createCounts();
  for (const result of results) addCounts(counts, result.counts);
  const details = mergeFaults(results.map(({ violations }) => violations));
  const { seconds: timeline, latency } = describeTimeline(seconds, evidence.rest?.perSecond ?? []);
  const percents = percentsOf(input.thresholds);
  const events = mergeEvents(results, percents);
  const measuredSeconds = measuredMs / 1000;
  const perSecond = (count: number) => (measuredSeconds > 0 ? count / measuredSeconds : 0);
  const last = evidence.simulation ?? simulation;
  const unjudged = {
    interrupted: evidence.interrupted,
    aborted: evidence.aborted ?? null,
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
    latencyMs: latency.percentiles(percents),
    latencyUncertaintyMs: describeUncertaintyMs(input),
    ...describeFanout(evidence, percents),
    ...describePayloadLatency(input),
    connectMs: LatencyHistogram.merge(results.map(({ connect }) => connect)).percentiles(percents),
    clients: describeClients(results, timetable.clientsMax),
    absences: describeAbsences(results, percents),
    restarts: describeRestarts(evidence),
    rates: {
      deliveriesPerSecond: perSecond(latency.count),
      eventsPerSecond: perSecond(latency.count) / medianConnected(timeline),
      ticksPerSecond: perSecond(batches.filter(({ sequence }) => sequence === 0).length),
    },
    ...describeHttp(evidence, percents),
    events,
    stages: describeStages(evidence, percents),
    transports: describeTransports(results, latency, percents),
    ticks: describeTicks(batches, evidence.intervalMs),
    fairness: describeFairness(input),
    generator: describeGenerator(input, percents),
    server: {
      slips: evidence.slips,
      speed: last?.speed ?? null,
      speedAchieved: last?.speedAchieved ?? null,
      errors: [...evidence.errors],
      ...describeServerCost(evidence),
    },
    timeline,
    heatLimitsMs: [...heatLimitsMs],
    spectrum: spectrumOf(latency),
    environment: describeEnvironment(),
    comparison: input.comparison,
  };
  return { ...judge(unjudged, input.thresholds), ...unjudged };
}

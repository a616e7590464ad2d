/** Puts the probes of a search and its answer together into what the reports are made of. */
import type { Capacity, CapacityLimit, CapacityProbe } from "../../schemas/index.js";
import { formatCount } from "../core/format.js";
import { type ProbeOutcome, type ProbedClients, type SearchAnswer, votesNeeded } from "./search.js";

/** What is known of a search besides its probes. */
export type SearchFacts = Omit<Capacity, "verdict" | "clients" | "failedClients" | "conclusion" | "limit" | "probes">;

interface Found {
  readonly answer: SearchAnswer;
  readonly probes: readonly CapacityProbe[];
  readonly facts: SearchFacts;
  /** What ended the search, where no probe did. */
  readonly endedBy: CapacityLimit | null;
}

const outcomes: Readonly<Record<CapacityProbe["verdict"], ProbeOutcome>> = {
  PASS: "pass",
  FAIL: "fail",
  INVALID: "invalid",
};

/** The probes as the search takes them. */
export function outcomesOf(probes: readonly CapacityProbe[]): ProbedClients[] {
  return probes.map(({ clients, verdict }) => ({ clients, outcome: outcomes[verdict] }));
}

/** Completes "The limit is ". */
const limitNames: Readonly<Record<CapacityLimit["kind"], string>> = {
  serverCpu: "the server's CPU",
  latency: "latency",
  loss: "lost deliveries",
  content: "the content of deliveries",
  refusals: "the server's refusal of subscribers",
  drops: "dropped connections",
  rest: "REST",
  threshold: "a threshold",
  server: "the server",
  files: "the open files of this machine",
  ports: "the local ports of this machine",
  generator: "the generator",
  samples: "what could be measured",
  max: "the given maximum",
};

export function nameLimit({ kind }: CapacityLimit): string {
  return limitNames[kind];
}

function limitOfSearch({ answer, probes, endedBy }: Found): CapacityLimit | null {
  if (endedBy !== null) return endedBy;
  if (answer.verdict === "invalid") return probes.at(-1)!.limit;
  const failed = probes.findLast(({ clients, verdict }) => verdict === "FAIL" && clients === answer.failedClients);
  return failed?.limit ?? null;
}

function verdictOf({ verdict, clients }: SearchAnswer): Capacity["verdict"] {
  if (verdict === "found" || verdict === "none") return verdict;
  return clients > 0 && verdict !== "unconfirmed" ? "atLeast" : "inconclusive";
}

function describeCount(clients: number): string {
  return `${formatCount(clients)} ${clients === 1 ? "subscriber" : "subscribers"}`;
}

export function describeProbes({ length }: readonly CapacityProbe[]): string {
  return `${length} ${length === 1 ? "probe" : "probes"}`;
}

function describeLimit(limit: CapacityLimit | null): string {
  return limit === null ? "" : ` The limit is ${nameLimit(limit)}: ${limit.reason}.`;
}

/** Of what is confirmed. */
function describeTimes(count: number): string {
  return count === votesNeeded ? "twice" : `${count} times`;
}

/** Below what was found, how often more failed. */
function describeFailures(probes: readonly CapacityProbe[], clients: number): string {
  const failed = probes.filter((one) => one.verdict === "FAIL" && one.clients > clients);
  const most = Math.max(...failed.map((one) => one.clients).filter((count) => count <= Math.ceil(clients * 1.1) + 1));
  const times = failed.filter((one) => one.clients === most).length;
  return `${formatCount(most)} failed ${describeTimes(times)}`;
}

function conclude(found: Found, limit: CapacityLimit | null): string {
  const { answer, probes, facts } = found;
  const { clients, failedClients } = answer;
  const known = clients === 0 ? "nothing passed" : `${describeCount(clients)} passed`;
  const failed = failedClients === null ? "" : `, ${formatCount(failedClients)} failed`;
  const verdict = verdictOf(answer);
  if (verdict === "none") return `Does not hold a single subscriber.${describeLimit(limit)}`;
  if (verdict === "atLeast") return `Holds at least ${describeCount(clients)}${failed}.${describeLimit(limit)}`;
  if (verdict === "found") {
    const passed = probes.filter((one) => one.verdict === "PASS" && one.clients === clients).length;
    return `Holds ${describeCount(clients)}: passed ${describeTimes(passed)}, and ${describeFailures(probes, clients)}.${describeLimit(limit)}`;
  }
  const why = facts.interrupted ? "interrupted" : answer.verdict === "invalid" ? "invalid" : "not confirmed";
  return `Inconclusive, ${why} after ${describeProbes(probes)}: ${known}${failed}.${describeLimit(limit)}`;
}

export function describeCapacity(found: Found): Capacity {
  const limit = limitOfSearch(found);
  const { answer, probes, facts } = found;
  return {
    verdict: verdictOf(answer),
    clients: answer.clients,
    failedClients: answer.failedClients,
    conclusion: conclude(found, limit),
    limit,
    probes: [...probes],
    ...facts,
  };
}

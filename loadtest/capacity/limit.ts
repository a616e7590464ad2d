/**
 * Whose limit it was that a probe did not pass. A server that has no processor left misses deadlines, loses and drops:
 * then the processor is the limit, whichever of these it was. What no lack of time brings about keeps its own name.
 */
import type { CapacityLimit, Summary } from "../../schemas/index.js";

type Kind = CapacityLimit["kind"];

/** Of a core for each address: a server with one event loop has nothing left beyond. */
export const busyCoresMin = 0.9;

const reasonsMax = 3;

function kindOfInvalid({ generator, reasons }: Summary): Kind {
  const all = generator.evidence.join(" ");
  if (/\bE[MN]FILE\b/.test(all)) return "files";
  if (all.includes("EADDRNOTAVAIL")) return "ports";
  // Without evidence there may be too few samples, or nothing that was due.
  const isGenerator = all !== "" || reasons.some((reason) => reason.startsWith("the generator"));
  return isGenerator ? "generator" : "samples";
}

function kindOfThreshold({ thresholds }: Summary): Kind {
  const missed = thresholds.filter(({ passed }) => !passed).map(({ expression }) => expression);
  if (missed.some((expression) => /^(?:latencyMs|completionMs|latenessMs|spreadMs)\b/.test(expression)))
    return "latency";
  return missed.some((expression) => /^http(?:Ms)?\b/.test(expression)) ? "rest" : "threshold";
}

/** What a server lacks time for. */
function kindOfDelay(summary: Summary): Kind {
  const { clients, deliveries, http, server } = summary;
  if (clients.dropped + clients.silent > 0) return "drops";
  if (deliveries.lost > 0) return "loss";
  if (server.slips > 0) return "latency";
  if (http.failed + http.errors > 0) return "rest";
  return kindOfThreshold(summary);
}

function kindOf(summary: Summary, isBusy: boolean): Kind {
  const { verdict, clients, deliveries, conformance, server } = summary;
  if (verdict === "INVALID") return kindOfInvalid(summary);
  // A busy server may take too long to answer, which is no refusal of its own.
  const isLate = isBusy && clients.refusals.every((refusal) => refusal.includes("no session within"));
  if (clients.refused > 0 && !isLate) return "refusals";
  const { corrupted, duplicated, reordered, unexpected } = deliveries;
  if (conformance.violations + corrupted + duplicated + reordered + unexpected > 0) return "content";
  if (server.errors.length > 0) return "server";
  return isBusy ? "serverCpu" : kindOfDelay(summary);
}

/** @returns null for a probe that passed */
export function limitOf(summary: Summary): CapacityLimit | null {
  if (summary.verdict === "PASS") return null;
  const { cpuCores } = summary.server;
  const isBusy = cpuCores !== null && cpuCores >= busyCoresMin * summary.addresses.length;
  const kind = kindOf(summary, isBusy);
  const cores = cpuCores === null ? [] : [`the server uses ${cpuCores.toFixed(2)} cores`];
  return { kind, reason: [...summary.reasons.slice(0, reasonsMax), ...cores].join("; ") };
}

import { expect, test } from "vitest";
import { type Comparison, type Summary, schemaFiles } from "../../schemas/index.js";
import { parseThreshold, resolveThreshold } from "./thresholds.js";
import { judge } from "./verdict.js";

const example = schemaFiles["summary.schema.json"].examples[0] as unknown as Summary;
const sound: Summary = { ...example, deliveries: { ...example.deliveries, lost: 0, duplicated: 0 } };
const lossy: Summary = { ...sound, deliveries: { ...sound.deliveries, lost: 3 } };
const doubled: Summary = { ...sound, deliveries: { ...sound.deliveries, duplicated: 1 } };
const dropped: Summary = { ...sound, clients: { ...sound.clients, dropped: 1, drops: ["1 × ping timeout"] } };
const refused: Summary = { ...sound, clients: { ...sound.clients, refused: 1, refusals: ["1 × refused with 503"] } };
const troubled: Summary = { ...sound, server: { ...sound.server, errors: ["another timeline"] } };
const holds = [parseThreshold("deliveries.expected>0")];
const missed = [parseThreshold("deliveries.expected<0")];

function starved(summary: Summary): Summary {
  return { ...summary, generator: { ...summary.generator, evidence: ["a generator was busy"] } };
}

const compared = schemaFiles["comparison.schema.json"].examples[0] as unknown as Comparison;
const [median] = compared.percentiles;

/** A p50 of 6 ms, where the baseline has 5 ms. */
function against(ratioMin: number | null, ratioMax: number | null): Summary {
  const percentiles = [{ ...median, ratio: 1.2, ratioMin, ratioMax }];
  const comparison = { ...compared, percentiles, reasons: ["the old side is too short"] };
  return { ...sound, latencyMs: { ...sound.latencyMs, p50: 6 }, comparison };
}

test.each([
  ["beyond noise", against(1.12, 1.3), 1.1, "FAIL", /^latencyMs\.p50<=baseline\*1\.1 does not hold: 6$/],
  ["within noise", against(1.05, 1.4), 1.1, "INVALID", /missed by no more than noise \(× 1\.20, × 1\.05 to × 1\.40\)/],
  ["by a run too short to tell", against(null, null), 1.1, "INVALID", /is missed, but the old side is too short/],
  ["not at all", against(0.9, 1.5), 1.3, "PASS", /^$/],
] as const)("a limit set by the baseline is missed %s", (_name, summary, times, verdict, reason) => {
  const threshold = resolveThreshold(parseThreshold(`latencyMs.p50<=baseline*${times}`), [{ latencyMs: { p50: 5 } }]);
  const judged = judge(summary, [threshold]);
  expect(judged.verdict, judged.reasons.join("; ")).toBe(verdict);
  expect(judged.reasons[0] ?? "").toMatch(reason);
});

function interrupted(summary: Summary): Summary {
  return { ...summary, interrupted: true };
}

test.each([
  ["sound", sound, "PASS"],
  ["lossy", lossy, "FAIL"],
  ["doubled", doubled, "FAIL"],
  ["sound, with a starved generator", starved(sound), "INVALID"],
  ["lossy, with a starved generator", starved(lossy), "INVALID"],
  ["doubled, with a starved generator", starved(doubled), "FAIL"],
  ["refused to some, with a starved generator", starved(refused), "FAIL"],
  ["on another timeline, with a starved generator", starved(troubled), "FAIL"],
  ["left by some, with a starved generator", starved(dropped), "INVALID"],
  ["refused to some and interrupted, with a starved generator", interrupted(starved(refused)), "FAIL"],
  ["sound and interrupted", interrupted(sound), "INVALID"],
  ["lossy and interrupted", interrupted(lossy), "FAIL"],
  ["lossy and interrupted, with a starved generator", interrupted(starved(lossy)), "INVALID"],
] as const)("a run that was %s ends as it must", (_, summary, verdict) => {
  const judged = judge(summary, holds);
  expect(judged.verdict).toBe(verdict);
  expect(judged.reasons.length > 0).toBe(verdict !== "PASS");
});

test("a threshold that does not hold is a FAIL, but not of a run that was interrupted", () => {
  expect(judge(sound, missed)).toMatchObject({
    verdict: "FAIL",
    reasons: [expect.stringContaining("deliveries.expected<0")],
  });
  expect(judge(interrupted(sound), missed)).toMatchObject({ verdict: "INVALID", thresholds: [{ passed: false }] });
});

function paused(summary: Summary, share: number): Summary {
  return { ...summary, generator: { ...summary.generator, missedMs: summary.durationMs * share } };
}

test.each([
  ["a latency", "latencyMs.p99<0", 0.02, "INVALID"],
  ["a REST latency", "httpMs.p50<0", 0.02, "INVALID"],
  ["a latency, and hardly was late itself", "latencyMs.p99<0", 0.005, "FAIL"],
  ["a count", "deliveries.expected<0", 0.5, "FAIL"],
])("a generator without a processor that misses %s ends as it must", (_, expression, share, verdict) => {
  const judged = judge(paused(sound, share), [parseThreshold(expression)]);
  expect(judged.verdict).toBe(verdict);
  if (verdict === "INVALID") expect(judged.reasons[0]).toContain("was not given a processor");
});

test.each([
  ["by more than the clocks may be off", 40, 8, "latencyMs.p99<50", "PASS"],
  ["by less than the clocks may be off", 40, 16, "latencyMs.p99<50", "INVALID"],
  ["by little, where the clocks are off by less than a tenth of it", 49, 4, "latencyMs.p99<50", "PASS"],
  ["of what no clock of another host times", 40, 16, "connectMs.p99<1000", "PASS"],
])("a limit that holds %s ends as it must", (_, p99, latencyUncertaintyMs, expression, verdict) => {
  const summary = { ...sound, latencyMs: { ...sound.latencyMs, p99 }, latencyUncertaintyMs };
  const judged = judge(summary, [parseThreshold(expression)]);
  expect(judged).toMatchObject({ verdict });
  if (verdict === "INVALID") expect(judged.reasons).toEqual([expect.stringMatching(/ holds at 40 by less than the /)]);
});

/** A run whose deliveries can have arrived so much earlier than they were read. */
function readLate(summary: Summary, latencyMs: number, arrivalMs: number): Summary {
  const at = (p99: number) => ({ ...summary.latencyMs, p99, "p99.5": p99 });
  return {
    ...summary,
    latencyMs: at(latencyMs),
    generator: { ...summary.generator, missedMs: 0, arrivalMs: at(arrivalMs) },
  };
}

test.each([
  ["a limit that it reached by its own reading", 60, 40, ["latencyMs.p99<50"], "INVALID"],
  ["such a percentile that was asked for", 60, 40, ["latencyMs.p99.5<=40"], "INVALID"],
  ["a limit that what it read had exceeded", 60, 55, ["latencyMs.p99<50"], "FAIL"],
  ["another limit besides", 60, 40, ["latencyMs.p99<50", "rates.ticksPerSecond>1000000"], "FAIL"],
  ["a limit that holds", 45, 40, ["latencyMs.p99<50"], "PASS"],
] as const)("a generator that may have read too late, and %s", (_, latencyMs, arrivalMs, expressions, verdict) => {
  const judged = judge(
    readLate(sound, latencyMs, arrivalMs),
    expressions.map((one) => parseThreshold(one)),
  );
  expect(judged.verdict).toBe(verdict);
  if (verdict === "INVALID")
    expect(judged.reasons[0]).toMatch(/^the generator may have read too late for .*: 60, .* from 40 on/);
});

const slow = readLate(sound, 5000, 5000);
const unmeasured = { ...sound, httpMs: { ...sound.httpMs, p99: null } };

test.each<[string, Summary, ...string[]]>([
  ["a rate", sound, "rates.deliveriesPerSecond>1000000"],
  ["a number of samples", sound, "latencyMs.count>1000000"],
  ["its length", sound, "durationMs<1"],
  ["a limit from below", sound, "latencyMs.p50>1000"],
  ["a latency that nothing fed", unmeasured, "httpMs.p99<100"],
  ["a latency by more than it was late", slow, "latencyMs.p99<100"],
  ["a latency, and a rate", sound, "latencyMs.p99<0", "rates.ticksPerSecond>1000000"],
])("a generator without a processor is no excuse for %s", (_, summary, ...expressions) => {
  expect(
    judge(
      paused(summary, 0.2),
      expressions.map((one) => parseThreshold(one)),
    ).verdict,
  ).toBe("FAIL");
});

test("a limit that holds although the generator was late is a PASS", () => {
  expect(judge(paused(sound, 0.1), [parseThreshold("latencyMs.p99>0")]).verdict).toBe("PASS");
});

test.each([
  ["more than a second late once", { server: { ...sound.server, slips: 1 } }],
  ["1 subscriber dropped: 1 × ping timeout", { clients: dropped.clients }],
  ["1 subscriber refused: 1 × refused with 503", { clients: refused.clients }],
  ["another timeline", { server: troubled.server }],
  ["1 subscriber left silent", { clients: { ...sound.clients, silent: 1 } }],
])("%s is a FAIL of the server", (reason, change) => {
  const judged = judge({ ...sound, ...change }, holds);
  expect(judged.verdict).toBe("FAIL");
  expect(judged.reasons.join()).toContain(reason);
});

import { expect, test } from "vitest";
import { type Summary, schemaFiles } from "../../schemas/index.js";
import { parseThreshold } from "./thresholds.js";
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

const slow = { ...sound, latencyMs: { ...sound.latencyMs, p99: 5_000 } };
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

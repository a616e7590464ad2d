/** Whose limit a probe's summary shows. */
import { expect, test } from "vitest";
import { type Summary, schemaFiles } from "../../schemas/index.js";
import { limitOf } from "./limit.js";

const example = schemaFiles["summary.schema.json"].examples[0] as unknown as Summary;
const quiet: Summary = {
  ...example,
  verdict: "FAIL",
  reasons: ["a reason"],
  thresholds: [],
  addresses: [example.addresses[0]],
  deliveries: { ...example.deliveries, lost: 0, duplicated: 0, reordered: 0, corrupted: 0, unexpected: 0 },
  conformance: { ...example.conformance, violations: 0 },
  clients: { ...example.clients, refused: 0, dropped: 0, silent: 0 },
  http: { ...example.http, failed: 0, errors: 0 },
  generator: { ...example.generator, evidence: [] },
  server: { ...example.server, slips: 0, errors: [], cpuCores: null },
};

function missed(expression: string): Pick<Summary, "thresholds"> {
  return { thresholds: [{ expression, value: 1, passed: false }] };
}

const lost = { deliveries: { ...quiet.deliveries, lost: 3 } };
const dropped = { clients: { ...quiet.clients, dropped: 1 } };
const refused = { clients: { ...quiet.clients, refused: 1, refusals: ["1 × refused with 503"] } };
const late = { clients: { ...quiet.clients, refused: 1, refusals: ["1 × no session within 20 s"] } };

test.each<[string, Partial<Summary>]>([
  ["refusals", refused],
  ["refusals", late],
  ["drops", dropped],
  ["drops", { clients: { ...quiet.clients, silent: 1 } }],
  ["loss", lost],
  ["content", { deliveries: { ...quiet.deliveries, duplicated: 1 } }],
  ["latency", missed("latencyMs.p99<100")],
  ["latency", { server: { ...quiet.server, slips: 1 } }],
  ["rest", missed("httpMs.p90<100")],
  ["rest", { http: { ...quiet.http, errors: 1 } }],
  ["threshold", missed("server.residentBytes<1")],
])("%s is the limit of a server whose processor is not known", (kind, summary) => {
  expect(limitOf({ ...quiet, ...summary })).toEqual({ kind, reason: "a reason" });
});

test.each<[string, number, Partial<Summary>]>([
  ["serverCpu", 0.95, lost],
  ["serverCpu", 0.95, dropped],
  ["serverCpu", 0.95, missed("latencyMs.p99<100")],
  ["loss", 0.85, lost],
  ["refusals", 0.95, refused],
  ["serverCpu", 0.95, late],
  [
    "refusals",
    0.95,
    { clients: { ...late.clients, refusals: [...late.clients.refusals, ...refused.clients.refusals] } },
  ],
])("the limit is %s where the server uses %d cores", (kind, cpuCores, summary) => {
  const server = { ...quiet.server, cpuCores };
  const reason = `a reason; the server uses ${cpuCores} cores`;
  expect(limitOf({ ...quiet, server, ...summary })).toEqual({ kind, reason });
});

test("two servers that use a core between them are not busy", () => {
  const server = { ...quiet.server, cpuCores: 1 };
  expect(limitOf({ ...quiet, ...lost, server, addresses: [...quiet.addresses, ...quiet.addresses] })?.kind).toBe(
    "loss",
  );
});

test.each([
  ["generator", "a generator was more than 90 % busy in 3 s (at most 97 %)"],
  ["files", "the generator's system ran short: 3 × connect EMFILE"],
  ["ports", "the generator's system ran short: 3 × connect EADDRNOTAVAIL 10.0.0.1:80"],
])("%s is the limit of an invalid probe with such evidence", (kind, evidence) => {
  const generator = { ...quiet.generator, evidence: [evidence] };
  expect(limitOf({ ...quiet, ...lost, verdict: "INVALID", generator })?.kind).toBe(kind);
});

test.each([
  ["generator", "the generator was not given a processor for 400 ms of 10 s (a quota, a pause, or a busy host)"],
  ["samples", "latencyMs.p99<100: too few samples, 300; p99 needs 1000 (run longer)"],
  ["samples", "the oracle expected nothing: no event was due while subscribers were connected"],
])("%s is the limit of an invalid probe without evidence, because %s", (kind, reason) => {
  expect(limitOf({ ...quiet, verdict: "INVALID", reasons: [reason] })).toEqual({ kind, reason });
});

test("a probe that passed has no limit", () => {
  expect(limitOf({ ...quiet, verdict: "PASS" })).toBeNull();
});

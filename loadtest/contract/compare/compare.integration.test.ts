import { expect, test } from "vitest";
import { startReferenceServer } from "../reference/reference-server.fixture.js";
import type { DefectName } from "../reference/defects.fixture.js";
import { type CompareResult, compareServers, formatCompareText } from "../index.js";
import { dialects, startSmallServer } from "../small/small-server.fixture.js";

async function compareWith(...planted: readonly DefectName[]): Promise<CompareResult> {
  await using a = await startReferenceServer();
  await using b = await startReferenceServer(...planted);
  return await compareServers({ a: a.url, b: b.url, forMs: 1000 });
}

test("two servers of one kind are the same, whatever their markets do meanwhile", async () => {
  const result = await compareWith();
  expect(result.differences.filter(({ kind }) => kind !== "value")).toEqual([]);
  expect(result.verdict).toBe("SAME");
  expect(result.requests).toBeGreaterThan(20);
  for (const { a, b } of Object.values(result.events)) expect(Math.min(a, b)).toBeGreaterThan(0);
});

test.each([
  ["unknown-id-found", { subject: "GET /api/agents/no-such-id-9", kind: "status", a: "404", b: "200" }],
  ["etag-lost", { subject: "GET /api/sectors/:id", kind: "header", place: "etag", a: "there", b: null }],
  ["live-values-cached", { kind: "header", place: "cache-control", a: "no-store", b: "max-age=60" }],
  ["problem-as-json", { kind: "header", place: "content-type", b: "application/json" }],
  ["body-field-missing", { kind: "shape", place: "/updatedAt", a: "string", b: null }],
  ["body-number-as-text", { kind: "shape", place: "/value", a: "number", b: "string" }],
  ["event-never-sent", { subject: "agent:status_update", kind: "event", a: "seen", b: null }],
  ["list-other-name", { subject: "GET /api/agents", kind: "value", place: "/data/[agent-1]/name" }],
] as const)("a server with %s differs there", async (name, difference) => {
  const { differences, verdict } = await compareWith(name);
  expect(differences).toContainEqual(expect.objectContaining(difference));
  expect(verdict).toBe("kind" in difference && (difference.kind as string) === "value" ? "SAME" : "DIFFERENT");
});

test("servers of different dialects are compared as far as they have things in common", async () => {
  await using a = await startSmallServer(dialects["bare arrays"]);
  await using b = await startSmallServer(dialects["lists in items"]);
  const result = await compareServers({ a: a.url, b: b.url, forMs: 300 });
  expect(result.verdict).toBe("DIFFERENT");
  expect(new Set(result.differences.map(({ subject }) => subject.replace(/\?.*/, "")))).toEqual(
    new Set(["GET /api/sectors", "GET /api/agents", "GET /api/discussions"]),
  );
  expect(formatCompareText(result)).toMatch(/^DIFFERENT {2}A http[^]*GET \/api\/sectors +shape +array +object/);
});

test("a server that is not there makes no difference", async () => {
  await using a = await startSmallServer(dialects["bare arrays"]);
  expect(await compareServers({ a: a.url, b: "http://127.0.0.1:1", forMs: 100 })).toMatchObject({
    verdict: "UNREACHABLE",
    reasons: [expect.stringContaining("http://127.0.0.1:1 uses a port")],
  });
});

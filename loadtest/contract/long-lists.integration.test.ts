/** Lists that are longer than what the pages are judged by. */
import { CookieJar } from "../core/cookies.js";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { createFindings } from "./core/findings.js";
import { createCoverage } from "./core/coverage.js";
import { runContract } from "./index.js";
import { startReferenceServer } from "./reference/reference-server.fixture.js";
import { contractLimits } from "./core/options.js";
import { createHttpClient } from "./rest/http-client.js";
import { readAll, readTexts } from "./rest/lists.js";
import { judgeNothingStayed } from "./writing/refusing.js";
import { watchStalls } from "../core/stall-tolerant-timer.js";

/** In front of everything that the checker makes. */
async function createAgent(url: string, n: number): Promise<number> {
  const answer = await fetch(`${url}/api/agents`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ id: `a-${n}`, name: `Agent ${n}`, role: "crowd" }),
  });
  return answer.status;
}

test("a server with hundreds of agents is judged like one with a few", async () => {
  await using server = await startReferenceServer();
  const created = await Promise.all(Array.from({ length: 450 }, async (_, n) => await createAgent(server.url, n)));
  expect(new Set(created)).toEqual(new Set([201]));
  const result = await runContract({
    url: server.url,
    forMs: 300,
    profile: "management",
    only: ["creating", "repeating", "sequences"],
    limits: { answerMsMax: 60_000, overtimeMsMax: 120_000 },
  });
  expect([result.reasons, result.verdict]).toEqual([[], "PASS"]);
});

/** A server that answers each path and cursor with such a page, an object or its text, and what its checks share. */
async function startPages(page: (path: string, cursor: string | null) => object | string) {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://pages");
    response.writeHead(200, { "Content-Type": "application/json" });
    const body = page(url.pathname, url.searchParams.get("cursor"));
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const stalls = watchStalls();
  onTestFinished(() => {
    stalls.stop();
    server.closeAllConnections();
    server.close();
  });
  const findings = createFindings();
  const { signal } = new AbortController();
  const http = createHttpClient({
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    headers: {},
    answerMsMax: 5000,
    signal,
    grace: signal,
    stalls,
    shared: { isReached: false, deleted: new Set(), cookies: new CookieJar() },
  });
  const judge = findings.judge("core", "agents");
  const rest = { http, judge, coverage: createCoverage(), limits: contractLimits, seed: 1, tag: "t" };
  return { findings, rest };
}

test("a list without end is left after 60 pages, which is inconclusive", async () => {
  let served = 0;
  const { findings, rest } = await startPages(() => {
    served += 1;
    const data = [
      { id: `a-${served}`, name: "One more", role: "crowd", status: "idle", statusSince: "2025-01-15T10:20:00Z" },
    ];
    return { data, nextCursor: `c-${served}`, hasMore: true };
  });
  expect(await readAll(rest, { operation: "GET /api/agents" })).toBeUndefined();
  expect([served, findings.list()]).toEqual([
    60,
    [expect.objectContaining({ rule: "list-end", severity: "inconclusive", subject: "GET /api/agents" })],
  ]);
});

test("pages of megabytes without end are left after 64 MiB", async () => {
  let served = 0;
  const pad = "x".repeat(7.9 * 1024 * 1024);
  const row = JSON.stringify({ name: "One more", pad });
  const { findings, rest } = await startPages(
    () => `{"data":[${row}],"nextCursor":"c-${(served += 1)}","hasMore":true}`,
  );
  let pages = 0;
  for await (const text of readTexts(rest, "/api/agents")) if (text.includes(pad)) pages += 1;
  expect([pages, served]).toEqual([9, 9]);
  expect(findings.list().map(({ rule }) => rule)).toEqual(["list-end"]);
});

test.each([
  ["an array of numbers", "[1,2,3", ",4".repeat(1e6), "]", "has more than 20000 JSON values"],
  ["arrays in arrays", "[".repeat(1e6), "", "]".repeat(1e6), "is nested deeper than 200"],
])("an answer with a million JSON values, as %s, is named for that and not judged", async (_what, a, b, c, detail) => {
  const { findings, rest } = await startPages(() => a + b + c);
  expect(findings.list()).toEqual([]);
  await expect(readAll(rest, { operation: "GET /api/agents" })).rejects.toThrow(detail);
  expect(findings.list()).toMatchObject([{ rule: "answer-size", detail: `the answer ${detail}`, count: 1 }]);
});

test("what stayed of a refused request is found behind the first page, too", async () => {
  const { findings, rest } = await startPages((path, cursor) => {
    const isLast = path !== "/api/agents" || cursor === "second";
    const name = cursor === "second" ? "t-refused" : "Somebody";
    return { data: [{ name }], nextCursor: isLast ? null : "second", hasMore: !isLast };
  });
  await judgeNothingStayed({ rest, own: { sector: "s", agent: "a", discussion: "d" } }, []);
  expect(findings.list().map(({ rule, subject }) => [rule, subject])).toEqual([
    ["refused-not-stored", "GET /api/agents"],
  ]);
});

/** What can be judged by reading alone: health, lists, resources, unknown ids, bad queries, HEAD. */
import { type Resource, resources } from "../core/operations.js";
import type { Part } from "../core/rules.js";
import { type Rest, attempt, call } from "./call.js";
import { judgeCandles } from "./candles.js";
import { judgePages } from "./lists.js";
import { type Row, rowId, sameRow, textOf, without } from "./rows.js";
import { compareInstants } from "../core/instants.js";

const unknownId = "no-such-id-9";
/** Resources of a list that are read one by one. */
const resourcesReadMax = 5;

async function judgeConditional(rest: Rest, resource: Resource, id: string, etag: string): Promise<void> {
  const operation = `GET ${resource.collection}/:id`;
  const read = { operation, params: { id }, rule: "conditional-read" } as const;
  await call(rest, {
    ...read,
    headers: { "If-None-Match": etag },
    expect: [200, 304],
    about: "If-None-Match with its ETag",
  });
  await call(rest, {
    ...read,
    headers: { "If-None-Match": '"another-tag"' },
    expect: 200,
    about: "If-None-Match with another tag",
  });
}

async function judgeResource(rest: Rest, resource: Resource, listed: Row): Promise<void> {
  const { judge } = rest;
  const operation = `GET ${resource.collection}/:id`;
  const read = { operation, params: { id: rowId(listed) }, expect: 200, rule: "read-status" } as const;
  const first = await call(rest, read);
  const second = await call(rest, read);
  if (first === undefined || second === undefined) return;
  const row = first.json as Row;
  const [shown, expected] = [without(row, resource.liveFields), without(listed, resource.liveFields)];
  judge.check("resource-matches-list", operation, sameRow(shown, expected), () => ({
    detail: `differs from its row in GET ${resource.collection}`,
    value: shown,
    example: { resource: row, row: listed },
  }));
  const etag = first.headers.get("etag");
  const isTagged = judge.check("etag-present", operation, etag !== null && /^(?:W\/)?"[^"]*"$/.test(etag), () => ({
    detail: etag === null ? "has no ETag" : `${etag} is no ETag`,
    value: etag,
  }));
  // Statuses may change between the two; then another tag is right.
  const isUnchanged =
    resource.kind === "agent"
      ? sameRow(row, second.json as Row)
      : sameRow(shown, without(second.json as Row, resource.liveFields));
  if (isTagged && isUnchanged) {
    judge.check("etag-stable", operation, second.headers.get("etag") === etag, () => ({
      detail: `the ETag went from ${etag} to ${second.headers.get("etag")} though nothing that can be patched changed`,
      value: second.headers.get("etag"),
    }));
  }
  judge.check("live-no-store", operation, /\bno-store\b/.test(first.headers.get("cache-control") ?? ""), () => ({
    detail: `came with Cache-Control ${JSON.stringify(first.headers.get("cache-control"))}`,
    value: first.headers.get("cache-control"),
  }));
}

async function judgeFilters(rest: Rest, agents: readonly Row[]): Promise<void> {
  const { judge } = rest;
  const operation = "GET /api/agents";
  const withSector = agents.find((agent) => textOf(agent, "sectorId") !== "");
  const sectorId = withSector === undefined ? unknownId : textOf(withSector, "sectorId");
  const bySector = await call(rest, {
    operation,
    query: { sectorId, limit: 200 },
    expect: 200,
    rule: "read-status",
    about: "a filter by sectorId",
  });
  if (bySector !== undefined) {
    const { data } = bySector.json as { data: readonly Row[] };
    judge.check(
      "filter",
      operation,
      data.every((agent) => agent["sectorId"] === sectorId),
      () => ({ detail: `?sectorId=${sectorId} lists agents of other sectors` }),
    );
    const there = agents.filter((agent) => agent["sectorId"] === sectorId);
    judge.check("filter", operation, data.length >= Math.min(200, there.length), () => ({
      detail: `?sectorId=${sectorId} lists ${data.length} of ${there.length} agents`,
    }));
  }
  for (const status of new Set([...agents.slice(0, 20).map((agent) => textOf(agent, "status")), "no-such-status"])) {
    const byStatus = await call(rest, {
      operation,
      query: { status, limit: 200 },
      expect: 200,
      rule: "read-status",
      about: "a filter by status",
    });
    if (byStatus === undefined) continue;
    const { data } = byStatus.json as { data: readonly Row[] };
    judge.check(
      "filter",
      operation,
      data.every((agent) => agent["status"] === status),
      () => ({
        detail: `?status=${status} lists agents of other statuses`,
        example: data.find((agent) => agent["status"] !== status),
      }),
    );
  }
}

async function judgeMessages(rest: Rest, discussionId: string): Promise<number> {
  const operation = "GET /api/discussions/:id/messages";
  const messages = await judgePages(rest, { operation, params: { id: discussionId } }, { grows: true });
  let newer: Row | undefined;
  for (const message of messages ?? []) {
    const [at, before] = [textOf(message, "timestamp"), newer === undefined ? undefined : textOf(newer, "timestamp")];
    if (before !== undefined) {
      rest.judge.check("messages-order", operation, compareInstants(at, before) <= 0, () => ({
        detail: `a message of ${at} is listed after one of ${before}`,
        value: at,
        example: message,
      }));
    }
    newer = message;
  }
  await call(rest, {
    operation,
    params: { id: unknownId },
    expect: 404,
    rule: "unknown-id",
    about: "an unknown discussion",
  });
  return messages?.length ?? 0;
}

const badLimits: readonly [string, string][] = [
  ["limit", "0"],
  ["limit", "-1"],
  ["limit", "abc"],
  ["limit", "1.5"],
  ["cursor", "this-is-no-cursor"],
];

const badSpans: readonly [string, string][] = [
  ["interval", "2m"],
  ["start", "yesterday"],
  ["end", "2025-01-15T10:30:00"],
  ["sort", "up"],
];

async function judgeBadQueries(
  rest: Rest,
  operation: string,
  params: Readonly<Record<string, string>>,
  bad: readonly (readonly [string, string])[],
): Promise<void> {
  for (const [name, value] of bad) {
    await call(rest, {
      operation,
      params,
      query: { [name]: value },
      expect: 400,
      rule: "bad-query",
      about: `${name}=${value}`,
    });
  }
}

/** HEAD of a path answers as GET does; spellings of a path that is not documented are no reason to fail. */
async function judgePath(rest: Rest, path: string): Promise<void> {
  const { judge, http } = rest;
  const subject = `HEAD ${path}`;
  const [got, head] = [
    await http.send(judge, `GET ${path}`, { method: "GET", path }),
    await http.send(judge, subject, { method: "HEAD", path }),
  ];
  judge.check(
    "head-matches",
    subject,
    head.status === got.status && head.mediaType === got.mediaType && head.text === "",
    () => ({
      detail: `answered ${head.status} ${head.mediaType}, where GET answers ${got.status} ${got.mediaType}`,
      value: head.status,
    }),
  );
  for (const spelling of [`${path}/`, path.toUpperCase(), `${path}/%ff`, `${path}?limit=%zz`]) {
    const reply = await http.send(judge, `GET ${spelling}`, { method: "GET", path: spelling });
    judge.check("no-server-error", `GET ${spelling}`, reply.status < 500, () => ({
      detail: `answered ${reply.status}`,
      value: reply.status,
      example: reply.text.slice(0, 300),
    }));
  }
}

async function judgeCollection(rest: Rest, resource: Resource): Promise<readonly Row[]> {
  const list = `GET ${resource.collection}`;
  const rows = (await judgePages(rest, { operation: list })) ?? [];
  await judgeBadQueries(rest, list, {}, badLimits);
  await call(rest, {
    operation: `${list}/:id`,
    params: { id: unknownId },
    expect: 404,
    rule: "unknown-id",
    about: "an unknown id",
  });
  for (const row of rows.slice(0, resourcesReadMax)) await judgeResource(rest, resource, row);
  const [first] = rows;
  rest.judge.check("list-not-empty", list, first !== undefined, () => ({
    detail: "is empty, so that reading one of them cannot be judged",
  }));
  if (first !== undefined) {
    const answer = await call(rest, {
      operation: `${list}/:id`,
      params: { id: rowId(first) },
      expect: 200,
      rule: "read-status",
    });
    await judgeConditional(rest, resource, rowId(first), answer?.headers.get("etag") ?? '"none"');
  }
  await judgePath(rest, resource.collection);
  return rows;
}

async function judgeSectors(rest: Rest): Promise<void> {
  const [sector] = await judgeCollection(rest, resources.sector);
  if (sector === undefined) return;
  await judgeCandles(rest, rowId(sector));
  await judgeBadQueries(rest, "GET /api/sectors/:id/candles", { id: rowId(sector) }, [...badLimits, ...badSpans]);
}

async function judgeDiscussions(rest: Rest): Promise<void> {
  const discussions = await judgeCollection(rest, resources.discussion);
  let judged = 0;
  // Rooms may be silent; one with a few messages is enough.
  for (const row of discussions.slice(0, 3)) if (judged < 10) judged += await judgeMessages(rest, rowId(row));
  const [first] = discussions;
  if (first !== undefined)
    await judgeBadQueries(rest, "GET /api/discussions/:id/messages", { id: rowId(first) }, badLimits);
}

/** Reads everything that the `core` profile asks for. */
export async function judgeReading(restOf: (part: Part) => Rest, runs: (part: Part) => boolean): Promise<void> {
  const checks: readonly [Part, (rest: Rest) => Promise<unknown>][] = [
    ["health", async (rest) => await call(rest, { operation: "GET /health", expect: 200, rule: "read-status" })],
    ["sectors", judgeSectors],
    ["agents", async (rest) => await judgeFilters(rest, await judgeCollection(rest, resources.agent))],
    ["discussions", judgeDiscussions],
  ];
  for (const [part, check] of checks) {
    if (!runs(part)) continue;
    const rest = restOf(part);
    await attempt(rest, async () => await check(rest));
  }
}

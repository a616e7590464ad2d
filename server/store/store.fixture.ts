/** Stores of each kind for tests: in memory, in a file, and in a Postgres schema of their own. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { expect, onTestFinished } from "vitest";
import type { Message } from "../../schemas/index.js";
import type { ClosedCandle, Command, TickBatch } from "../../simulator/index.js";
import { type OpenStoreOptions, openStore } from "./open-store.js";
import type { CommandRecord, Page, Store } from "./store.js";

const databaseUrl = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";

/** Null when Postgres answers, or why it does not. */
async function findPostgres(): Promise<string | null> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 20_000 });
  try {
    await client.connect();
    await client.end();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message || error.name : String(error);
  }
}

const absence = await findPostgres();
if (absence !== null) {
  const sentence = `No Postgres at DATABASE_URL (${absence}); start one, such as: docker run -e POSTGRES_HOST_AUTH_METHOD=trust -p 5432:5432 postgres`;
  if (process.env["CI"] === "true") throw new Error(sentence);
  process.stderr.write(`Skipped the tests against Postgres. ${sentence}\n`);
}

/** True when the tests against Postgres must be skipped. */
export const isPostgresAbsent = absence !== null;

/** A folder of its own, deleted when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "max-store-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function runSql(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(sql);
  await client.end();
}

/** The address of an empty schema, dropped when the test ends. */
export async function postgresSchema(): Promise<string> {
  const schema = `max_test_${randomBytes(6).toString("hex")}`;
  await runSql(`create schema ${schema}`);
  onTestFinished(() => runSql(`drop schema ${schema} cascade`));
  const url = new URL(databaseUrl);
  url.searchParams.set("options", `-c search_path=${schema}`);
  return url.href;
}

/** Where a store of each kind that outlives its process may lie. */
export const durableKinds: readonly { readonly kind: string; readonly createUrl: () => Promise<string> }[] = [
  { kind: "SQLite", createUrl: async () => join(await temporaryFolder(), "history.db") },
  ...(isPostgresAbsent ? [] : [{ kind: "Postgres", createUrl: postgresSchema }]),
];

export const allKinds: typeof durableKinds = [{ kind: "memory", createUrl: async () => ":memory:" }, ...durableKinds];

export const world = { seed: "42", scenario: "trading-day", simulatorVersion: "7" };
export const timeline = { ...world, startMs: Date.UTC(2026, 0, 5, 14, 30), tickMs: 250 };

/** Opens a store; it is closed when the test ends, if the test has not done so. */
export async function openTestStore(url: string, options: Partial<OpenStoreOptions> = {}): Promise<Store> {
  // A worker that gets a tenth of a core may be kept from an answer for seconds.
  const store = await openStore({ url, ...world, waitMsMax: 120_000, ...options });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= store.close());
  onTestFinished(close);
  return { ...store, close };
}

export function messageOf(id: string, discussionId = "disc-1"): Message {
  return {
    discussionId,
    id,
    content: `said ${id}`,
    authorId: "agent-1",
    authorName: "Agent",
    timestamp: "2026-01-05T14:30:00.000Z",
    type: "text",
  };
}

export function candleOf(minute: number, sectorId = "tech-001", interval: "1s" | "1m" = "1m"): ClosedCandle {
  const timestampMs = timeline.startMs + minute * 60_000;
  return {
    sectorId,
    interval,
    timestampMs,
    open: 100 + minute,
    high: 102 + minute,
    low: 99 + minute,
    close: 101 + minute,
  };
}

/** What a tick yields that a store keeps. */
export function batchOf(
  tick: number,
  messages: readonly Message[] = [],
  closedCandles: readonly ClosedCandle[] = [],
): TickBatch {
  const events = messages.map(({ discussionId, ...message }) => ({
    event: "discussion:new_message" as const,
    payload: { discussionId, message },
    entity: discussionId,
  }));
  return { tick, atMs: timeline.startMs + tick * timeline.tickMs, events, closedCandles, causes: [] };
}

/** A command with what is stored with it; a posted message brings its row. */
export function recordOf(
  sequence: number,
  afterTick: number,
  command: Command,
  rest: Omit<CommandRecord, "entry"> = {},
): CommandRecord {
  return { entry: { sequence, afterTick, command }, ...rest };
}

export function postOf(
  sequence: number,
  afterTick: number,
  message: Message,
  rest: Omit<CommandRecord, "entry"> = {},
): CommandRecord {
  const { discussionId, timestamp, ...said } = message;
  const posted = { ...said, timestampMs: Date.parse(timestamp) };
  return recordOf(sequence, afterTick, { type: "postMessage", discussionId, message: posted }, { message, ...rest });
}

/** The rows of all pages, in their order. */
async function allPages<Row>(find: (cursor?: string) => Promise<Page<Row>>): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | undefined;
  do {
    const page = await find(cursor);
    rows.push(...page.data);
    expect(page.hasMore).toBe(page.nextCursor !== null);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return rows;
}

/** A room's messages, newest first. */
export async function idsOf(store: Store, roomId = "disc-1", limit = 3): Promise<string[]> {
  const rows = await allPages((cursor) => store.messages(roomId, { limit, ...(cursor !== undefined && { cursor }) }));
  return rows.map((message) => message.id);
}

/** Minutes since the start of which there are 1m candles. */
export async function minutesOf(store: Store, sectorId = "tech-001"): Promise<number[]> {
  const { data } = await store.candles({ sectorId, interval: "1m", sort: "asc", limit: 1000 });
  return data.map((candle) => (candle.timestampMs - timeline.startMs) / 60_000);
}

/** Waits until the store takes writes again, or no longer does. */
export async function untilOutage(store: Store, isOut: boolean): Promise<void> {
  await expect.poll(() => store.outage() !== null, { interval: 10 }).toBe(isOut);
}

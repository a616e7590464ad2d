/**
 * What is verified when a store is opened.
 *
 * The timeline, the snapshots, the end of the command log and the serials: always, at a cost that does not grow with
 * what people post. Every other row is verified when it is read; in a small store, where it takes no time, at the start,
 * too, so that damage is found before anybody sees a part of it.
 */
import { type Kysely, sql } from "kysely";
import type { TimelineSnapshot } from "../../simulator/index.js";
import { DamagedRowError, checksums, emptyLogDigest, requireChain, requireIntact } from "./checksums.js";
import type { TimelineRow } from "./log-head.js";
import type { CommandTable, Tables, TimelineTable } from "./tables.js";

/** Rows that are read at once. */
const pageMax = 1000;
/** Instants that a date can have. */
const dateMsMax = 8_640_000_000_000_000;
/**
 * Ticks that a restart lives through at most: some hundred times as many as lie between two snapshots, for a store that
 * could not be written for hours.
 */
const replayTicksMax = 1_000_000;

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A timeline that checks out, but that no market can have. A store of before checksums was sealed as it was. */
function requirePossible(row: TimelineTable, newestSnapshotTick: number): void {
  const isStart = Number.isSafeInteger(row.start_ms) && Math.abs(row.start_ms) <= dateMsMax;
  requireIntact(isStart, `the start of its market (${row.start_ms})`);
  requireIntact(isCount(row.tick_ms) && row.tick_ms > 0, `the length of its ticks (${row.tick_ms} ms)`);
  const ticks = row.last_tick - newestSnapshotTick;
  requireIntact(isCount(row.last_tick) && ticks <= replayTicksMax, `its last tick (${row.last_tick})`);
}

async function isEmpty(db: Kysely<Tables>): Promise<boolean> {
  for (const table of ["command", "message", "snapshot", "minute_candle", "backfill"] as const) {
    const row = await db
      .selectFrom(table)
      .select(sql<number>`1`.as("one"))
      .limit(1)
      .executeTakeFirst();
    if (row !== undefined) return false;
  }
  return true;
}

/**
 * The timeline's row, which holds together with the snapshots and the end of the log; null in a store without one.
 *
 * @throws {DamagedRowError}
 */
export async function verifyTimeline(db: Kysely<Tables>): Promise<TimelineRow> {
  const [row, ...others] = await db.selectFrom("timeline").selectAll().execute();
  if (row === undefined) {
    requireIntact(await isEmpty(db), "its timeline");
    return null;
  }
  requireIntact(others.length === 0 && row.checksum === checksums.timeline(row), "its timeline");
  const command = async (sequence: number): Promise<CommandTable | undefined> =>
    await db.selectFrom("command").selectAll().where("sequence", "=", sequence).executeTakeFirst();
  const [last] = await db.selectFrom("command").selectAll().orderBy("sequence", "desc").limit(1).execute();
  const isEnd = (last?.sequence ?? 0) === row.log_sequence && (last?.digest ?? emptyLogDigest) === row.log_digest;
  requireIntact(isEnd, "the end of its command log");
  let newestTick = 0;
  for (const snapshot of await db.selectFrom("snapshot").selectAll().orderBy("tick").execute()) {
    requireIntact(snapshot.checksum === checksums.snapshot(snapshot), `its snapshot of tick ${snapshot.tick}`);
    const { sequence } = parseSnapshot(snapshot.body, snapshot.tick);
    const digest = sequence === 0 ? emptyLogDigest : (await command(sequence))?.digest;
    requireIntact(digest === snapshot.log_digest, `command ${sequence} of the log`);
    newestTick = snapshot.tick;
  }
  requirePossible(row, newestTick);
  const { checksum: _checksum, ...timeline } = row;
  return timeline;
}

/** @throws {DamagedRowError} where it is no snapshot of that tick */
function parseSnapshot(body: string, tick: number): TimelineSnapshot {
  try {
    const snapshot = JSON.parse(body) as TimelineSnapshot;
    if (isCount(snapshot.sequence) && snapshot.world.tick === tick) return snapshot;
  } catch {
    // Said below.
  }
  throw new DamagedRowError(`its snapshot of tick ${tick} is none`);
}

/** @throws {DamagedRowError} */
export async function verifySerials(db: Kysely<Tables>): Promise<number> {
  const rows = await db.selectFrom("serial").selectAll().execute();
  const isIntact = rows.every(({ reserved, checksum }) => isCount(reserved) && checksum === checksums.serial(reserved));
  requireIntact(rows.length <= 1 && isIntact, "its serials");
  return rows[0]?.reserved ?? 0;
}

/** Every row of a table of SQLite, in the order in which they lie. */
async function eachRow<Name extends "message" | "minute_candle" | "backfill" | "reply" | "command">(
  db: Kysely<Tables>,
  table: Name,
  verify: (rows: readonly Tables[Name][]) => void,
): Promise<void> {
  let last = Number.MIN_SAFE_INTEGER;
  for (;;) {
    const page = await sql<Tables[Name] & { place: number }>`select rowid as place, * from ${sql.table(table)}
      where rowid > ${last} order by rowid limit ${pageMax}`.execute(db);
    verify(page.rows);
    const end = page.rows.at(-1);
    if (end === undefined) return;
    last = end.place;
  }
}

/**
 * Every row of a SQLite store.
 *
 * @throws {DamagedRowError}
 */
export async function verifyRows(db: Kysely<Tables>): Promise<void> {
  await eachRow(db, "message", (rows) => {
    for (const row of rows) requireIntact(row.checksum === checksums.message(row), `message ${row.id}`);
  });
  await eachRow(db, "minute_candle", (rows) => {
    for (const row of rows) requireIntact(row.checksum === checksums.candle(row), `a candle of ${row.sector_id}`);
  });
  await eachRow(db, "backfill", (rows) => {
    for (const row of rows)
      requireIntact(row.checksum === checksums.backfill(row), `the day before the start of ${row.sector_id}`);
  });
  await eachRow(db, "reply", (rows) => {
    for (const row of rows) requireIntact(row.checksum === checksums.reply(row), "a stored response");
  });
  let before = { sequence: 0, digest: emptyLogDigest };
  await eachRow(db, "command", (rows) => {
    requireChain(rows, before);
    before = rows.at(-1) ?? before;
  });
}

/** What is read from the database. All paging is by key, so a page costs the same wherever it lies. */
import type { Kysely } from "kysely";
import type { Bucket, Command, LoggedCommand, TimelineSnapshot } from "../../simulator/index.js";
import type { Message } from "../../schemas/index.js";
import { type BucketRange, keptCandlesMax, rollUpRange } from "./candle-pages.js";
import { createBackfillReader } from "./backfill.js";
import { checksums, emptyLogDigest, requireChain, requireIntact } from "./checksums.js";
import type { StoredResponse, Resume } from "./store.js";
import type { CommandTable, MessageTable, Tables } from "./tables.js";
import { verifyTimeline } from "./verify.js";

const minuteMs = 60_000;

/** A message with the key that cursors carry. */
export interface PlacedMessage {
  readonly serial: number;
  readonly message: Message;
}

/** Each rejects with `DamagedRowError` where a row is not as it was written. */
export interface Reads {
  resume(): Promise<Resume | null>;
  lastCommand(): Promise<LoggedCommand | null>;
  /** Oldest first, with a larger sequence. */
  commands(afterSequence: number, limit: number): Promise<readonly LoggedCommand[]>;
  /** Newest first, older than `before`. */
  messages(roomId: string, before: number, limit: number): Promise<readonly PlacedMessage[]>;
  message(roomId: string, id: string): Promise<Message | null>;
  /** Buckets of a minute or longer. */
  buckets(range: BucketRange): Promise<readonly Bucket[]>;
  /** Stored since. */
  response(key: string, sinceMs: number): Promise<StoredResponse | null>;
}

function toLoggedCommand(row: CommandTable): LoggedCommand {
  return { afterTick: row.after_tick, sequence: row.sequence, command: JSON.parse(row.body) as Command };
}

function toMessage(row: MessageTable): Message {
  requireIntact(row.checksum === checksums.message(row), `message ${row.id}`);
  return JSON.parse(row.body) as Message;
}

function readsOfTimeline(db: Kysely<Tables>): Pick<Reads, "resume" | "lastCommand" | "commands"> {
  async function lastCommand(): Promise<LoggedCommand | null> {
    const row = await db.selectFrom("command").selectAll().orderBy("sequence", "desc").limit(1).executeTakeFirst();
    return row === undefined ? null : toLoggedCommand(row);
  }

  return {
    async resume() {
      const timeline = await verifyTimeline(db);
      if (timeline === null) return null;
      const rows = await db.selectFrom("snapshot").selectAll().orderBy("tick").execute();
      const snapshots = rows.map(({ body }) => JSON.parse(body) as TimelineSnapshot);
      const last = await lastCommand();
      return {
        seed: timeline.seed,
        scenario: timeline.scenario,
        simulatorVersion: timeline.simulator_version,
        startMs: timeline.start_ms,
        tickMs: timeline.tick_ms,
        snapshots,
        lastTick: Math.max(timeline.last_tick, rows.at(-1)?.tick ?? 0, last?.afterTick ?? 0),
      };
    },

    lastCommand,

    async commands(afterSequence, limit) {
      const found = await db
        .selectFrom("command")
        .selectAll()
        .where("sequence", ">=", afterSequence)
        .orderBy("sequence")
        .limit(limit + 1)
        .execute();
      // The one before is the anchor of those that follow.
      const [first] = found;
      const anchor = first?.sequence === afterSequence ? first : undefined;
      const rows = anchor === undefined ? found.slice(0, limit) : found.slice(1);
      requireChain(rows, anchor ?? { sequence: 0, digest: emptyLogDigest });
      return rows.map(toLoggedCommand);
    },
  };
}

export function createReads(db: Kysely<Tables>): Reads {
  const readBackfill = createBackfillReader(db);
  return {
    ...readsOfTimeline(db),

    async messages(roomId, before, limit) {
      const rows = await db
        .selectFrom("message")
        .selectAll()
        .where("room_id", "=", roomId)
        .where("serial", "<", before)
        .orderBy("serial", "desc")
        .limit(limit)
        .execute();
      return rows.map((row) => ({ serial: row.serial, message: toMessage(row) }));
    },

    async message(roomId, id) {
      // No id has a NUL, and Postgres would refuse it as a parameter.
      if (id.includes("\0")) return null;
      const row = await db
        .selectFrom("message")
        .selectAll()
        .where("room_id", "=", roomId)
        .where("id", "=", id)
        .executeTakeFirst();
      return row === undefined ? null : toMessage(row);
    },

    async buckets(range) {
      const { sectorId } = range;
      const keptMax = keptCandlesMax(range, minuteMs);
      // Without the sector's id: a text in each row takes a quarter of the time of a page.
      const rows = await db
        .selectFrom("minute_candle")
        .select(["at_ms", "open", "high", "low", "close", "tick", "checksum"])
        .where("sector_id", "=", sectorId)
        .where("at_ms", ">=", range.fromMs)
        .where("at_ms", "<", range.toMs)
        .orderBy("at_ms", range.sort)
        .limit(keptMax)
        .execute();
      const buckets = rows.map((row) => {
        const { at_ms: timestampMs, open, high, low, close, tick } = row;
        const checksum = checksums.candle({ sector_id: sectorId, at_ms: timestampMs, open, high, low, close, tick });
        requireIntact(row.checksum === checksum, `a candle of ${sectorId}`);
        return { timestampMs, open, high, low, close };
      });
      // Newest first, the past comes after them.
      const past = await readBackfill(range, range.sort === "desc" ? keptMax - buckets.length : keptMax);
      // The past is older than all of them.
      const all = range.sort === "asc" ? [...past, ...buckets] : [...buckets, ...past.toReversed()];
      return rollUpRange(all.slice(0, keptMax), range, minuteMs);
    },

    async response(key, sinceMs) {
      const row = await db
        .selectFrom("reply")
        .selectAll()
        .where("key", "=", key)
        .where("kept_at_ms", ">=", sinceMs)
        .executeTakeFirst();
      if (row === undefined) return null;
      requireIntact(row.checksum === checksums.reply(row), "a stored response");
      const { fingerprint, status, location } = row;
      return { key, fingerprint, status, location, body: JSON.parse(row.body) as unknown };
    },
  };
}

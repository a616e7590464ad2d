/** What is read from the database. All paging is by key, so a page costs the same wherever it lies. */
import type { Kysely } from "kysely";
import type { Bucket, Command, LoggedCommand, TimelineSnapshot } from "../../simulator/index.js";
import type { Message } from "../../schemas/index.js";
import { type BucketRange, keptCandlesMax, rollUpRange } from "./bucket-range.js";
import type { KeptReply, Resume } from "./store.js";
import type { Tables } from "./tables.js";

const minuteMs = 60_000;

/** A message with the key that cursors carry. */
export interface PlacedMessage {
  readonly serial: number;
  readonly message: Message;
}

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
  /** Replies that were kept since. */
  reply(key: string, sinceMs: number): Promise<KeptReply | null>;
}

function toLoggedCommand(row: { sequence: number; after_tick: number; body: string }): LoggedCommand {
  return { afterTick: row.after_tick, sequence: row.sequence, command: JSON.parse(row.body) as Command };
}

export function createReads(db: Kysely<Tables>): Reads {
  async function lastCommand(): Promise<LoggedCommand | null> {
    const row = await db.selectFrom("command").selectAll().orderBy("sequence", "desc").limit(1).executeTakeFirst();
    return row === undefined ? null : toLoggedCommand(row);
  }

  return {
    async resume() {
      const timeline = await db.selectFrom("timeline").selectAll().executeTakeFirst();
      if (timeline === undefined) return null;
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
      const rows = await db
        .selectFrom("command")
        .selectAll()
        .where("sequence", ">", afterSequence)
        .orderBy("sequence")
        .limit(limit)
        .execute();
      return rows.map(toLoggedCommand);
    },

    async messages(roomId, before, limit) {
      const rows = await db
        .selectFrom("message")
        .select(["serial", "body"])
        .where("room_id", "=", roomId)
        .where("serial", "<", before)
        .orderBy("serial", "desc")
        .limit(limit)
        .execute();
      return rows.map((row) => ({ serial: row.serial, message: JSON.parse(row.body) as Message }));
    },

    async message(roomId, id) {
      // No id has a NUL, and Postgres would refuse it as a parameter.
      if (id.includes("\0")) return null;
      const row = await db
        .selectFrom("message")
        .select("body")
        .where("room_id", "=", roomId)
        .where("id", "=", id)
        .executeTakeFirst();
      return row === undefined ? null : (JSON.parse(row.body) as Message);
    },

    async buckets(range) {
      const rows = await db
        .selectFrom("minute_candle")
        .select(["at_ms as timestampMs", "open", "high", "low", "close"])
        .where("sector_id", "=", range.sectorId)
        .where("at_ms", ">=", range.fromMs)
        .where("at_ms", "<", range.toMs)
        .orderBy("at_ms", range.sort)
        .limit(keptCandlesMax(range, minuteMs))
        .execute();
      return rollUpRange(rows, range, minuteMs);
    },

    async reply(key, sinceMs) {
      const row = await db
        .selectFrom("reply")
        .selectAll()
        .where("key", "=", key)
        .where("kept_at_ms", ">=", sinceMs)
        .executeTakeFirst();
      if (row === undefined) return null;
      const { fingerprint, status, location } = row;
      return { key, fingerprint, status, location, body: JSON.parse(row.body) as unknown };
    },
  };
}

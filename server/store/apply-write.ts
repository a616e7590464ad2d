/** How each write becomes SQL: a table of functions, applied in order inside one transaction. */
import type { Transaction } from "kysely";
import type { DeletedRows } from "../../schemas/index.js";
import type { TimelineSnapshot } from "../../simulator/index.js";
import { countBackfill, pruneBackfill } from "./backfill.js";
import { checksums, emptyLogDigest } from "./checksums.js";
import { type InsertBuffer, createInsertBuffer } from "./insert-buffer.js";
import { outgrownSnapshots } from "./snapshot-retention.js";
import { LogHead, type TimelineRow } from "./log-head.js";
import type { Tables } from "./tables.js";
import type { CommandRecord } from "./store.js";
import type { Write } from "./writes.js";

/** Of one timeline; the serials are of the store. */
const timelineTables = ["timeline", "message", "minute_candle", "backfill", "command", "reply", "snapshot"] as const;

interface Target {
  readonly trx: Transaction<Tables>;
  readonly rows: InsertBuffer;
  readonly head: LogHead;
}

type WriteOf<Kind extends Write["kind"]> = Extract<Write, { kind: Kind }>;
type Appliers = {
  readonly [Kind in Write["kind"]]: (target: Target, write: WriteOf<Kind>) => Promise<DeletedRows | null>;
};

async function keepSnapshot({ trx, rows, head }: Target, snapshot: TimelineSnapshot): Promise<void> {
  await rows.flush();
  const body = JSON.stringify(snapshot);
  const row = { tick: snapshot.world.tick, body, log_digest: await head.digestAt(snapshot.sequence) };
  const sealed = { ...row, checksum: checksums.snapshot(row) };
  await trx
    .insertInto("snapshot")
    .values(sealed)
    .onConflict((conflict) => conflict.column("tick").doUpdateSet(sealed))
    .execute();
}

/** Moves a command behind a tick, with what it posted and its response. It is the last of the log, unless it was taken back. */
async function moveCommand({ trx, rows, head }: Target, { entry, response }: CommandRecord): Promise<void> {
  const { sequence, afterTick } = entry;
  await rows.flush();
  const command = await trx.selectFrom("command").selectAll().where("sequence", "=", sequence).executeTakeFirst();
  if (command === undefined || sequence !== head.sequence) return;
  const moved = await head.add({ sequence, after_tick: afterTick, body: command.body });
  await trx.updateTable("command").set(moved).where("sequence", "=", sequence).execute();
  const messages = await trx.selectFrom("message").selectAll().where("sequence", "=", sequence).execute();
  for (const { checksum: _old, ...message } of messages) {
    const row = { ...message, tick: afterTick };
    await trx
      .updateTable("message")
      .set({ tick: afterTick, checksum: checksums.message(row) })
      .where("room_id", "=", row.room_id)
      .where("serial", "=", row.serial)
      .execute();
  }
  if (response === undefined) return;
  const stored = await trx.selectFrom("reply").selectAll().where("key", "=", response.key).executeTakeFirst();
  if (stored === undefined) return;
  const row = { ...stored, body: JSON.stringify(response.body) };
  await trx
    .updateTable("reply")
    .set({ body: row.body, checksum: checksums.reply(row) })
    .where("key", "=", response.key)
    .execute();
}

const appliers: Appliers = {
  async ticks(target, { messages, minuteCandles, lastTick, reordered }) {
    const { rows, head } = target;
    for (const { message, tick } of messages) rows.addMessage(message, tick, null);
    for (const { candle, tick } of minuteCandles) rows.addMinuteCandle(candle, tick);
    head.change({ last_tick: lastTick });
    if (reordered !== undefined) await moveCommand(target, reordered);
    return null;
  },

  async place(target, { record }) {
    await moveCommand(target, record);
    return null;
  },

  async command({ rows }, { record, keptAtMs }) {
    await rows.addCommand(record, keptAtMs);
    return null;
  },

  async undo({ trx, rows, head }, { records }) {
    await rows.flush();
    for (const { entry, message, response } of records) {
      await trx.deleteFrom("command").where("sequence", "=", entry.sequence).execute();
      if (message !== undefined) {
        const { discussionId, id } = message;
        await trx.deleteFrom("message").where("room_id", "=", discussionId).where("id", "=", id).execute();
      }
      if (response !== undefined) await trx.deleteFrom("reply").where("key", "=", response.key).execute();
    }
    await head.findLast();
    return null;
  },

  async dependents({ trx, rows }, { of: { type, id } }) {
    await rows.flush();
    if (type === "deleteDiscussion") await trx.deleteFrom("message").where("room_id", "=", id).execute();
    else
      for (const table of ["minute_candle", "backfill"] as const)
        await trx.deleteFrom(table).where("sector_id", "=", id).execute();
    return null;
  },

  async serials({ trx }, { reserved }) {
    const sealed = { reserved, checksum: checksums.serial(reserved) };
    await trx
      .insertInto("serial")
      .values({ id: 1, ...sealed })
      .onConflict((conflict) => conflict.column("id").doUpdateSet(sealed))
      .execute();
    return null;
  },

  async backfill({ trx }, { rows }) {
    // What an earlier version wrote of it, candle by candle, and perhaps not to its end.
    await trx.deleteFrom("minute_candle").where("tick", "=", 0).execute();
    for (const row of rows)
      await trx
        .insertInto("backfill")
        .values(row)
        .onConflict((conflict) => conflict.column("sector_id").doNothing())
        .execute();
    return null;
  },

  async begin({ trx, rows, head }, { timeline }) {
    await rows.flush();
    for (const table of timelineTables) await trx.deleteFrom(table).execute();
    const { seed, scenario, scenarioDigest = null, simulatorVersion, startMs, tickMs } = timeline;
    const row = {
      id: 1 as const,
      seed,
      scenario,
      scenario_digest: scenarioDigest,
      simulator_version: simulatorVersion,
      start_ms: startMs,
      tick_ms: tickMs,
      last_tick: 0,
      log_sequence: 0,
      log_digest: emptyLogDigest,
    };
    await trx
      .insertInto("timeline")
      .values({ ...row, checksum: checksums.timeline(row) })
      .execute();
    head.begin(row);
    return null;
  },

  async moveStart(target, { startMs, snapshot }) {
    target.head.change({ start_ms: startMs });
    await target.trx.deleteFrom("snapshot").execute();
    if (snapshot !== null) await keepSnapshot(target, snapshot);
    return null;
  },

  async snapshot(target, { snapshot }) {
    const { trx } = target;
    await keepSnapshot(target, snapshot);
    const kept = await trx.selectFrom("snapshot").select("tick").execute();
    const outgrown = outgrownSnapshots(kept.map(({ tick }) => tick));
    if (outgrown.length > 0) await trx.deleteFrom("snapshot").where("tick", "in", outgrown).execute();
    return null;
  },

  async truncate({ trx, rows, head }, { afterTick }) {
    await rows.flush();
    const messages = await trx.deleteFrom("message").where("tick", ">", afterTick).executeTakeFirstOrThrow();
    const candles = await trx.deleteFrom("minute_candle").where("tick", ">", afterTick).executeTakeFirstOrThrow();
    const backfill = afterTick < 0 ? await trx.deleteFrom("backfill").returning(["from_ms", "to_ms"]).execute() : [];
    // What a kept reply speaks of was never made in the other timeline.
    const undone = trx.selectFrom("command").select("sequence").where("after_tick", ">", afterTick);
    await trx
      .deleteFrom("reply")
      .where((row) => row.or([row("sequence", "is", null), row("sequence", "in", undone)]))
      .execute();
    const commands = await trx.deleteFrom("command").where("after_tick", ">", afterTick).executeTakeFirstOrThrow();
    await trx.deleteFrom("snapshot").where("tick", ">", afterTick).execute();
    head.change({ last_tick: Math.min(head.row?.last_tick ?? 0, Math.max(0, afterTick)) });
    await head.findLast();
    return {
      messages: Number(messages.numDeletedRows),
      candles: backfill.reduce((sum, row) => sum + countBackfill(row), Number(candles.numDeletedRows)),
      commands: Number(commands.numDeletedRows),
    };
  },

  async prune({ trx, rows }, { candlesBeforeMs, repliesBeforeMs, roomIds, simulatedMessagesMax }) {
    await rows.flush();
    await trx.deleteFrom("minute_candle").where("at_ms", "<", candlesBeforeMs).execute();
    await pruneBackfill(trx, candlesBeforeMs);
    await trx.deleteFrom("reply").where("kept_at_ms", "<", repliesBeforeMs).execute();
    for (const roomId of roomIds) {
      const simulated = trx.selectFrom("message").where("room_id", "=", roomId).where("sequence", "is", null);
      const newestGone = await simulated
        .select("serial")
        .orderBy("serial", "desc")
        .offset(simulatedMessagesMax)
        .limit(1)
        .executeTakeFirst();
      if (newestGone === undefined) continue;
      await trx
        .deleteFrom("message")
        .where("room_id", "=", roomId)
        .where("serial", "<=", newestGone.serial)
        .where("sequence", "is", null)
        .execute();
    }
    return null;
  },
};

/** Applies writes, in order, inside one transaction. */
export interface WriteApplier {
  /** Resolves with the result of a truncation, else with null. */
  apply(write: Write): Promise<DeletedRows | null>;
  /** Sends out what is still gathered; before the commit. Resolves with the timeline's row as it then is. */
  finish(): Promise<TimelineRow>;
}

/** @param timeline its row as the last transaction left it */
export function createWriteApplier(
  trx: Transaction<Tables>,
  timeline: TimelineRow,
  nextSerial: () => number,
): WriteApplier {
  const head = new LogHead(trx, timeline);
  const target: Target = { trx, head, rows: createInsertBuffer(trx, head, nextSerial) };
  return {
    apply: (write) =>
      (appliers[write.kind] as (target: Target, write: Write) => Promise<DeletedRows | null>)(target, write),
    async finish() {
      await target.rows.flush();
      await head.save();
      return head.row;
    },
  };
}

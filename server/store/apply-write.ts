/** How each write becomes SQL: a table of functions, applied in order inside one transaction. */
import type { Transaction } from "kysely";
import type { DeletedRows } from "../../schemas/index.js";
import type { TimelineSnapshot } from "../../simulator/index.js";
import { type GatheredRows, createGatheredRows } from "./gathered-rows.js";
import { outgrownSnapshots } from "./kept-snapshots.js";
import type { Tables } from "./tables.js";
import type { Write } from "./writes.js";

/** Of one timeline; the serials are of the store. */
const timelineTables = ["timeline", "message", "minute_candle", "command", "reply", "snapshot"] as const;

interface Target {
  readonly trx: Transaction<Tables>;
  readonly rows: GatheredRows;
}

type WriteOf<Kind extends Write["kind"]> = Extract<Write, { kind: Kind }>;
type Appliers = {
  readonly [Kind in Write["kind"]]: (target: Target, write: WriteOf<Kind>) => Promise<DeletedRows | null>;
};

async function keepSnapshot(trx: Transaction<Tables>, snapshot: TimelineSnapshot): Promise<void> {
  const body = JSON.stringify(snapshot);
  await trx
    .insertInto("snapshot")
    .values({ tick: snapshot.world.tick, body })
    .onConflict((conflict) => conflict.column("tick").doUpdateSet({ body }))
    .execute();
}

const appliers: Appliers = {
  async ticks({ trx, rows }, { messages, minuteCandles, lastTick, overtaken }) {
    for (const { message, tick } of messages) rows.addMessage(message, tick, null);
    for (const { candle, tick } of minuteCandles) rows.addMinuteCandle(candle, tick);
    if (lastTick !== null) rows.setLastTick(lastTick);
    if (overtaken !== undefined) {
      const { sequence, afterTick } = overtaken;
      await rows.flush();
      await trx.updateTable("command").set({ after_tick: afterTick }).where("sequence", "=", sequence).execute();
      await trx.updateTable("message").set({ tick: afterTick }).where("sequence", "=", sequence).execute();
    }
    return null;
  },

  async command({ rows }, { record, keptAtMs }) {
    rows.addCommand(record, keptAtMs);
    return null;
  },

  async undo({ trx, rows }, { records }) {
    await rows.flush();
    for (const { entry, message, reply } of records) {
      await trx.deleteFrom("command").where("sequence", "=", entry.sequence).execute();
      if (message !== undefined) {
        const { discussionId, id } = message;
        await trx.deleteFrom("message").where("room_id", "=", discussionId).where("id", "=", id).execute();
      }
      if (reply !== undefined) await trx.deleteFrom("reply").where("key", "=", reply.key).execute();
    }
    return null;
  },

  async belongings({ trx, rows }, { of: { type, id } }) {
    await rows.flush();
    if (type === "deleteDiscussion") await trx.deleteFrom("message").where("room_id", "=", id).execute();
    else await trx.deleteFrom("minute_candle").where("sector_id", "=", id).execute();
    return null;
  },

  async amend({ trx, rows }, { key, body }) {
    await rows.flush();
    await trx
      .updateTable("reply")
      .set({ body: JSON.stringify(body) })
      .where("key", "=", key)
      .execute();
    return null;
  },

  async serials({ trx }, { reserved }) {
    await trx
      .insertInto("serial")
      .values({ id: 1, reserved })
      .onConflict((conflict) => conflict.column("id").doUpdateSet({ reserved }))
      .execute();
    return null;
  },

  async begin({ trx, rows }, { timeline }) {
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
    };
    await trx.insertInto("timeline").values(row).execute();
    return null;
  },

  async moveStart({ trx }, { startMs, snapshot }) {
    await trx.updateTable("timeline").set({ start_ms: startMs }).execute();
    await trx.deleteFrom("snapshot").execute();
    if (snapshot !== null) await keepSnapshot(trx, snapshot);
    return null;
  },

  async snapshot({ trx }, { snapshot }) {
    await keepSnapshot(trx, snapshot);
    const kept = await trx.selectFrom("snapshot").select("tick").execute();
    const outgrown = outgrownSnapshots(kept.map(({ tick }) => tick));
    if (outgrown.length > 0) await trx.deleteFrom("snapshot").where("tick", "in", outgrown).execute();
    return null;
  },

  async truncate({ trx, rows }, { afterTick }) {
    await rows.flush();
    const messages = await trx.deleteFrom("message").where("tick", ">", afterTick).executeTakeFirstOrThrow();
    const candles = await trx.deleteFrom("minute_candle").where("tick", ">", afterTick).executeTakeFirstOrThrow();
    // What a kept reply speaks of was never made in the other timeline.
    const undone = trx.selectFrom("command").select("sequence").where("after_tick", ">", afterTick);
    await trx
      .deleteFrom("reply")
      .where((row) => row.or([row("sequence", "is", null), row("sequence", "in", undone)]))
      .execute();
    const commands = await trx.deleteFrom("command").where("after_tick", ">", afterTick).executeTakeFirstOrThrow();
    await trx.deleteFrom("snapshot").where("tick", ">", afterTick).execute();
    const lastTick = Math.max(0, afterTick);
    await trx.updateTable("timeline").set({ last_tick: lastTick }).where("last_tick", ">", lastTick).execute();
    return {
      messages: Number(messages.numDeletedRows),
      candles: Number(candles.numDeletedRows),
      commands: Number(commands.numDeletedRows),
    };
  },

  async prune({ trx, rows }, { candlesBeforeMs, repliesBeforeMs, roomIds, simulatedMessagesMax }) {
    await rows.flush();
    await trx.deleteFrom("minute_candle").where("at_ms", "<", candlesBeforeMs).execute();
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
  /** Sends out what is still gathered; before the commit. */
  finish(): Promise<void>;
}

export function createWriteApplier(trx: Transaction<Tables>, nextSerial: () => number): WriteApplier {
  const target: Target = { trx, rows: createGatheredRows(trx, nextSerial) };
  return {
    apply: (write) =>
      (appliers[write.kind] as (target: Target, write: Write) => Promise<DeletedRows | null>)(target, write),
    finish: () => target.rows.flush(),
  };
}

/**
 * Rows to insert, gathered over a whole transaction, so that each table gets one statement instead of
 * one for each row. Whoever deletes or updates sends them out first, so the order of writes holds.
 */
import type { Transaction } from "kysely";
import { checksums } from "./checksums.js";
import type { LogHead } from "./log-head.js";
import type { ClosedCandle } from "../../simulator/index.js";
import type { Message } from "../../schemas/index.js";
import type { CommandRecord } from "./store.js";
import type { CommandTable, MessageTable, MinuteCandleTable, ReplyTable, Tables } from "./tables.js";

/** Below the parameters that a statement may have in either database. */
const rowsPerStatement = 2000;

export interface InsertBuffer {
  addMessage(message: Message, tick: number, sequence: number | null): void;
  addMinuteCandle(candle: ClosedCandle, tick: number): void;
  addCommand(record: CommandRecord, keptAtMs: number): Promise<void>;
  /** Sends out what has gathered. */
  flush(): Promise<void>;
}

function* chunksOf<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += rowsPerStatement) yield rows.slice(from, from + rowsPerStatement);
}

async function insertMessages(trx: Transaction<Tables>, rows: readonly MessageTable[]): Promise<void> {
  await trx
    .insertInto("message")
    .values(rows)
    .onConflict((conflict) => conflict.columns(["room_id", "id"]).doNothing())
    .execute();
}

async function insertCandles(trx: Transaction<Tables>, rows: readonly MinuteCandleTable[]): Promise<void> {
  await trx
    .insertInto("minute_candle")
    .values(rows)
    .onConflict((conflict) => conflict.columns(["sector_id", "at_ms"]).doNothing())
    .execute();
}

async function insertCommands(trx: Transaction<Tables>, rows: readonly CommandTable[]): Promise<void> {
  await trx
    .insertInto("command")
    .values(rows)
    .onConflict((conflict) =>
      conflict.column("sequence").doUpdateSet((row) => ({
        after_tick: row.ref("excluded.after_tick"),
        body: row.ref("excluded.body"),
        digest: row.ref("excluded.digest"),
      })),
    )
    .execute();
}

async function insertReply(trx: Transaction<Tables>, row: ReplyTable): Promise<void> {
  await trx
    .insertInto("reply")
    .values(row)
    .onConflict((conflict) => conflict.column("key").doUpdateSet(row))
    .execute();
}

/** `nextSerial` gives message rows their order; there is one writer, so a counter in memory will do. */
export function createInsertBuffer(trx: Transaction<Tables>, head: LogHead, nextSerial: () => number): InsertBuffer {
  const messages: MessageTable[] = [];
  const candles: MinuteCandleTable[] = [];
  const commands: CommandTable[] = [];
  const replies: ReplyTable[] = [];

  function addMessage(message: Message, tick: number, sequence: number | null): void {
    const body = JSON.stringify(message);
    const row = { serial: nextSerial(), room_id: message.discussionId, id: message.id, tick, sequence, body };
    messages.push({ ...row, checksum: checksums.message(row) });
  }

  async function flush(): Promise<void> {
    for (const rows of chunksOf(messages.splice(0))) await insertMessages(trx, rows);
    for (const rows of chunksOf(candles.splice(0))) await insertCandles(trx, rows);
    for (const rows of chunksOf(commands.splice(0))) await insertCommands(trx, rows);
    for (const row of replies.splice(0)) await insertReply(trx, row);
  }

  return {
    addMessage,
    addMinuteCandle({ sectorId, timestampMs, open, high, low, close }, tick) {
      const row = { sector_id: sectorId, at_ms: timestampMs, open, high, low, close, tick };
      candles.push({ ...row, checksum: checksums.candle(row) });
    },
    async addCommand({ entry, message, response }, keptAtMs) {
      const { sequence, afterTick, command } = entry;
      // One that is written again: the digest before it must be there.
      if (sequence !== head.sequence + 1) await flush();
      commands.push(await head.add({ sequence, after_tick: afterTick, body: JSON.stringify(command) }));
      if (message !== undefined) addMessage(message, afterTick, sequence);
      if (response === undefined) return;
      const row = { ...response, sequence, body: JSON.stringify(response.body), kept_at_ms: keptAtMs };
      replies.push({ ...row, checksum: checksums.reply(row) });
    },
    flush,
  };
}

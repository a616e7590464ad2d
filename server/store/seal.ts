/** Gives the rows of a store that was written without checksums theirs. */
import { type Kysely, sql } from "kysely";
import { checksums, emptyLogDigest, logDigest } from "./checksums.js";
import type { CommandTable, MessageTable, MinuteCandleTable, Tables } from "./tables.js";

/** Rows of one statement. */
const batchMax = 500;

/** Runs through a table in the order of its key. */
async function eachBatch<Row>(
  find: (last: Row | undefined) => Promise<Row[]>,
  seal: (rows: readonly Row[]) => Promise<void>,
): Promise<void> {
  let last: Row | undefined;
  for (;;) {
    const rows = await find(last);
    if (rows.length > 0) await seal(rows);
    last = rows.at(-1);
    if (rows.length < batchMax) return;
  }
}

async function sealMessages(db: Kysely<Tables>): Promise<void> {
  await eachBatch<MessageTable>(
    (last) => {
      const rows = db.selectFrom("message").selectAll().orderBy("room_id").orderBy("serial").limit(batchMax);
      if (last === undefined) return rows.execute();
      const after = sql<boolean>`(room_id, serial) > (${last.room_id}, ${last.serial})`;
      return rows.where(after).execute();
    },
    async (rows) => {
      const values = rows.map(
        (row) =>
          sql`(cast(${row.room_id} as text), cast(${row.serial} as bigint), cast(${checksums.message(row)} as bigint))`,
      );
      await sql`update message set checksum = v.column3 from (values ${sql.join(values)}) as v
        where room_id = v.column1 and serial = v.column2`.execute(db);
    },
  );
}

async function sealCandles(db: Kysely<Tables>): Promise<void> {
  await eachBatch<MinuteCandleTable>(
    (last) => {
      const rows = db.selectFrom("minute_candle").selectAll().orderBy("sector_id").orderBy("at_ms").limit(batchMax);
      if (last === undefined) return rows.execute();
      const after = sql<boolean>`(sector_id, at_ms) > (${last.sector_id}, ${last.at_ms})`;
      return rows.where(after).execute();
    },
    async (rows) => {
      const values = rows.map(
        (row) =>
          sql`(cast(${row.sector_id} as text), cast(${row.at_ms} as bigint), cast(${checksums.candle(row)} as bigint))`,
      );
      await sql`update minute_candle set checksum = v.column3 from (values ${sql.join(values)}) as v
        where sector_id = v.column1 and at_ms = v.column2`.execute(db);
    },
  );
}

/** @returns the last command's sequence, and the digest of the log */
async function sealCommands(db: Kysely<Tables>): Promise<{ log_sequence: number; log_digest: string }> {
  const head = { log_sequence: 0, log_digest: emptyLogDigest };
  await eachBatch<CommandTable>(
    (last) =>
      db
        .selectFrom("command")
        .selectAll()
        .where("sequence", ">", last?.sequence ?? 0)
        .orderBy("sequence")
        .limit(batchMax)
        .execute(),
    async (rows) => {
      const values = rows.map((row) => {
        head.log_digest = logDigest(head.log_digest, row);
        head.log_sequence = row.sequence;
        return sql`(cast(${row.sequence} as bigint), cast(${head.log_digest} as text))`;
      });
      await sql`update command set digest = v.column2 from (values ${sql.join(values)}) as v
        where sequence = v.column1`.execute(db);
    },
  );
  return head;
}

function sequenceOf(snapshot: string): number {
  try {
    return Number((JSON.parse(snapshot) as { readonly sequence?: unknown }).sequence) || 0;
  } catch {
    // Whoever resumes from it will say what is wrong with it.
    return 0;
  }
}

/** Seals every row as it is: what was damaged before cannot be told from what was not. */
export async function sealStore(db: Kysely<Tables>): Promise<void> {
  await sealMessages(db);
  await sealCandles(db);
  const head = await sealCommands(db);
  for (const row of await db.selectFrom("snapshot").selectAll().execute()) {
    const sequence = sequenceOf(row.body);
    const command = await db.selectFrom("command").select("digest").where("sequence", "=", sequence).executeTakeFirst();
    const sealed = { ...row, log_digest: command?.digest ?? emptyLogDigest };
    await db
      .updateTable("snapshot")
      .set({ log_digest: sealed.log_digest, checksum: checksums.snapshot(sealed) })
      .where("tick", "=", row.tick)
      .execute();
  }
  for (const row of await db.selectFrom("reply").selectAll().execute())
    await db
      .updateTable("reply")
      .set({ checksum: checksums.reply(row) })
      .where("key", "=", row.key)
      .execute();
  for (const { reserved } of await db.selectFrom("serial").selectAll().execute())
    await db
      .updateTable("serial")
      .set({ checksum: checksums.serial(reserved) })
      .execute();
  for (const row of await db.selectFrom("timeline").selectAll().execute()) {
    const checksum = checksums.timeline({ ...row, ...head });
    await db
      .updateTable("timeline")
      .set({ ...head, checksum })
      .where("id", "=", row.id)
      .execute();
  }
}

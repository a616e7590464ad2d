/** A room of a million messages: any page costs the same, found through an index, and memory stays flat. */
import { sql } from "kysely";
import { expect, test } from "vitest";
import { findLastMessageSerial } from "./backend.js";
import { encodeNumberCursor } from "./cursor.js";
import { openPostgres } from "./postgres.js";
import { openSqlite } from "./sqlite.js";
import { batchOf, durableKinds, messageOf, openTestStore, timeline } from "./store.fixture.js";
import { isLongRun, amount } from "../../schemas/amount.fixture.js";

const count = amount(20_000, 1_000_000);
const pageMsMax = 20;
const messagesPerTick = 1000;
const timeoutMs = 30_000 + count * 0.3;

/** What the database says about how it finds a page. */
async function planOf(url: string, isPostgres: boolean): Promise<string> {
  const database = isPostgres ? await openPostgres(url) : openSqlite(url);
  const page = sql`select serial, body from message where room_id = ${"disc-1"} and serial < ${count / 2} order by serial desc limit 201`;
  // Before autovacuum has come to count the rows: a room grows faster.
  const explain = isPostgres ? sql`explain ${page}` : sql`explain query plan ${page}`;
  const { rows } = await explain.execute(database.reads);
  await database.close();
  return JSON.stringify(rows);
}

test.each(durableKinds)(
  `any page of ${count} messages in $kind is found through an index`,
  async ({ kind, createUrl }) => {
    const url = await createUrl();
    const store = await openTestStore(url, { retention: { simulatedMessagesMax: 2 * count } });
    store.begin(timeline);
    for (let tick = 1; tick <= count / messagesPerTick; tick++) {
      const messages = Array.from({ length: messagesPerTick }, (_, at) => messageOf(`msg-${tick}-${at}`));
      store.recordBatch(batchOf(tick, messages));
      if (tick % 20 === 0) await store.messages("disc-1", { limit: 1 });
    }
    await store.messages("disc-1", { limit: 200 });

    const heapBytes = process.memoryUsage().heapUsed;
    // The least of nine, at each place of the room: the rest is what others on the machine take.
    const pagesMs: number[] = [];
    for (const serial of [count + 1, count * 0.9, count / 2, count / 10, 201]) {
      const tookMs: number[] = [];
      for (let at = 0; at < 9; at++) {
        const startMs = performance.now();
        const page = await store.messages("disc-1", { limit: 200, cursor: encodeNumberCursor(serial - at) });
        tookMs.push(performance.now() - startMs);
        expect(page.data.length).toBeGreaterThan(190);
      }
      pagesMs.push(Math.min(...tookMs));
    }
    const grownBytes = process.memoryUsage().heapUsed - heapBytes;
    await store.close();
    const plan = await planOf(url, kind === "Postgres");
    process.stderr.write(
      `${kind}, ${count} messages: pages of 200 in ${pagesMs.map((ms) => ms.toFixed(1)).join(", ")} ms, heap ${(grownBytes / 1e6).toFixed(1)} MB more; ${plan}\n`,
    );
    // Times and memory are held only in the long run, which has the machine to itself.
    if (isLongRun) {
      expect(Math.max(...pagesMs)).toBeLessThan(pageMsMax);
      expect(grownBytes).toBeLessThan(32 * 1024 * 1024);
    }
    expect(plan).toMatch(
      kind === "Postgres" ? /Index Scan Backward using message_pages/ : /SEARCH message USING INDEX/,
    );
  },
  timeoutMs,
);

test.each(durableKinds)(
  "the newest message of all rooms in $kind is found room by room",
  async ({ kind, createUrl }) => {
    const url = await createUrl();
    const store = await openTestStore(url);
    store.begin(timeline);
    const rooms = ["disc-2", "Disc-1", "disc-10", "disc-2", "disc-1"];
    store.recordBatch(
      batchOf(
        1,
        rooms.map((room, at) => messageOf(`msg-${at}`, room)),
      ),
    );
    await store.close();
    const { reads, close } = kind === "Postgres" ? await openPostgres(url) : openSqlite(url);
    const newest = await sql<{ last: number }>`select max(serial) as last from message`.execute(reads);
    expect(newest.rows).toEqual([{ last: rooms.length }]);
    expect(await findLastMessageSerial(reads)).toBe(rooms.length);
    await close();
  },
);

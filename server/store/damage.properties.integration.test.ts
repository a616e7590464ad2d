/**
 * Stores that were damaged on the disk or by hand: each is refused in one sentence, or gives exactly what was stored.
 */
import { copyFile, open, readFile, readdir, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import Database from "libsql";
import { describe, expect, test } from "vitest";
import { createStream } from "../../simulator/random/stream.js";
import { isLongRun, amount } from "../../schemas/amount.fixture.js";
import { StartError } from "../core/errors.js";
import { type Backend, openBackend } from "./backend.js";
import { packBackfill } from "./backfill.js";
import {
  batchOf,
  candleOf,
  messageOf,
  openTestStore,
  postOf,
  temporaryFolder,
  timeline,
  world,
} from "./store.fixture.js";
import { StoreError } from "./store-error.js";

const seed = "damage 1";
const keys = ["k1", "k2", "k3"];
const cut = amount(20, 2000);
const flips = amount(60, 10_000);

/** The bytes of a small store, closed in an orderly way. */
async function storeBytes(): Promise<Buffer<ArrayBuffer>> {
  const file = join(await temporaryFolder(), "store.sqlite");
  const store = await openTestStore(file);
  store.begin(timeline);
  store.saveBackfill(packBackfill(new Map([["tech-001", Array.from({ length: 30 }, (_, at) => candleOf(at - 30))]])));
  let sequence = 0;
  for (let tick = 1; tick <= 60; tick++) {
    store.recordBatch(batchOf(tick, [messageOf(`msg-${tick}`)], tick % 4 === 0 ? [candleOf(tick / 4)] : []));
    if (tick % 20 !== 0) continue;
    sequence += 1;
    const response = { key: keys[sequence - 1], fingerprint: "f", status: 201, location: "/x", body: { tick } };
    await store.commit(postOf(sequence, tick, messageOf(`msg-u${store.nextSerial()}`), { response }));
    const { startMs, tickMs } = timeline;
    const state = { deep: [tick, "text", { more: "x".repeat(200) }] };
    const at = { ...world, scenarioName: world.scenario, startMs, tickMs, tick, state };
    store.saveSnapshot({ world: at, sequence: sequence - (tick === 60 ? 1 : 0), observer: { events: tick } });
  }
  await store.close();
  return await readFile(file);
}

const columnsOf: Readonly<Record<string, readonly string[]>> = {
  timeline: [
    "id",
    "seed",
    "scenario",
    "scenario_digest",
    "simulator_version",
    "start_ms",
    "tick_ms",
    "last_tick",
    "log_sequence",
    "log_digest",
    "checksum",
  ],
  serial: ["id", "reserved", "checksum"],
  message: ["room_id", "serial", "id", "tick", "sequence", "body", "checksum"],
  minute_candle: ["sector_id", "at_ms", "open", "high", "low", "close", "tick", "checksum"],
  backfill: ["sector_id", "from_ms", "to_ms", "body", "checksum"],
  command: ["sequence", "after_tick", "body", "digest"],
  reply: ["key", "sequence", "fingerprint", "status", "location", "body", "kept_at_ms", "checksum"],
  snapshot: ["tick", "body", "log_digest", "checksum"],
};

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

async function readAll(backend: Backend): Promise<unknown> {
  const range = { sectorId: "tech-001", intervalMs: 60_000, fromMs: 0, toMs: 8e15, sort: "asc", limit: 1000 } as const;
  return [
    backend.reservedSerials,
    await backend.read("resume"),
    await backend.read("commands", 0, 100),
    await backend.read("messages", "disc-1", Number.MAX_SAFE_INTEGER, 1000),
    await backend.read("message", "disc-1", "msg-7"),
    await backend.read("buckets", range),
    await Promise.all(keys.map((key) => backend.read("response", key, 0))),
  ];
}

const events = { onOutage: () => {}, onGivenUp: () => {}, onReadFailed: () => {} };

/** What the file gives, or the sentence with which it is refused. */
async function outcomeOf(file: string): Promise<unknown> {
  let backend;
  try {
    backend = await openBackend({ url: file, ...world, reset: false, groupRowsMax: 20_000 }, events);
    return await readAll(backend);
  } catch (error) {
    if (!(error instanceof StartError || error instanceof StoreError)) throw error;
    return error.message;
  } finally {
    await backend?.close();
  }
}

describe("a store", () => {
  let good = Buffer.alloc(0);
  let whole: unknown;
  let folder = "";
  let file = "";
  let copies = 0;

  /** A fresh copy: the library lets go of a file when its statements are collected. */
  async function restore(): Promise<void> {
    copies += 1;
    if (copies % 100 === 0) collectGarbage();
    for (const name of await readdir(folder)) await rm(join(folder, name), { force: true });
    file = join(folder, `store-${copies}.sqlite`);
    await writeFile(file, good);
  }

  async function prepare(): Promise<void> {
    if (good.length === 0) good = await storeBytes();
    folder = await temporaryFolder();
    await restore();
    whole = await outcomeOf(file);
    expect(whole).toHaveLength(7);
    await restore();
  }

  function change(statement: string): void {
    const database = new Database(file);
    try {
      database.exec(statement);
    } finally {
      database.close();
    }
  }

  /** @returns whether it was refused */
  async function expectRefusedOrWhole(what: string): Promise<boolean> {
    const outcome = await outcomeOf(file);
    if (typeof outcome !== "string") expect(outcome, what).toEqual(whole);
    else expect(outcome, what).toMatch(/^[^\n]+\.$/);
    return typeof outcome === "string";
  }

  test("with a wrong value in any column of any row is refused, or gives what was stored", async () => {
    await prepare();
    const values = ["null", "'abc'", "-5", "1000000000000"];
    if (isLongRun) values.push("''", "0", "1e300", "'{}'", "'null'", "x'00ff'");
    const ends = isLongRun ? ["min", "max"] : ["max"];
    let refused = 0;
    let applied = 0;
    for (const table of Object.keys(columnsOf)) {
      for (const name of columnsOf[table]) {
        for (const value of values) {
          for (const end of ends) {
            await restore();
            try {
              change(`update ${table} set ${name} = ${value} where rowid = (select ${end}(rowid) from ${table})`);
            } catch {
              // The database itself takes no such value.
              continue;
            }
            applied += 1;
            if (await expectRefusedOrWhole(`${table}.${name} = ${value}`)) refused += 1;
          }
        }
      }
    }
    expect(applied).toBeGreaterThan(isLongRun ? 500 : 100);
    // Some values are those that were there.
    expect(refused).toBeGreaterThan(applied * 0.95);
  }, 300_000);

  test.each([
    "delete from timeline",
    "insert into timeline select 2, seed, scenario, simulator_version, start_ms, tick_ms, last_tick, scenario_digest, checksum, log_digest, log_sequence from timeline",
    "update command set body = replace(body, 'disc-1', 'disc-9') where sequence = 3",
    "delete from command where sequence = 3",
    "delete from command where sequence = 2",
    "update command set sequence = 4 where sequence = 3",
    "update snapshot set tick = tick + 1",
    "delete from command",
    "drop table message",
    "drop table snapshot",
    "alter table command drop column body",
    "update message set body = 'x'",
    // Text that is not UTF-8.
    "update message set body = cast(x'22ff22' as text)",
    "update timeline set seed = cast(x'c3' as text)",
    "update snapshot set body = cast(x'7b80' as text)",
    "update kysely_migration set name = cast(x'30ff' as text) where name like '0004%'",
  ])("is refused after: %s", async (statement) => {
    await prepare();
    change(statement);
    expect(await expectRefusedOrWhole(statement)).toBe(true);
  });

  test(`with one of ${flips} single bits flipped is refused, or gives what was stored (seed "${seed}")`, async () => {
    await prepare();
    const stream = createStream(seed, "store", "file", "flips");
    for (let n = 0; n < flips; n++) {
      await restore();
      const at = Math.floor(stream.uniform() * good.length);
      const bit = Math.floor(stream.uniform() * 8);
      const handle = await open(file, "r+");
      await handle.write(Buffer.from([good[at] ^ (1 << bit)]), 0, 1, at);
      await handle.close();
      await expectRefusedOrWhole(`byte ${at}, bit ${bit}`);
    }
  }, 1_800_000);

  test(`cut off at ${cut} places is refused, or gives what was stored (seed "${seed}")`, async () => {
    await prepare();
    const stream = createStream(seed, "store", "file", "cuts");
    for (let n = 0; n < cut; n++) {
      await restore();
      const length = 1 + Math.floor(stream.uniform() * (good.length - 1));
      await truncate(file, length);
      expect(await expectRefusedOrWhole(`cut at ${length}`)).toBe(true);
    }
  }, 1_800_000);
});

test.each([
  ["removed", async (file: string) => await rm(file)],
  [
    "replaced by a copy",
    async (file: string) => {
      await copyFile(file, `${file}.copy`);
      await rm(file);
      await copyFile(`${file}.copy`, file);
    },
  ],
  ["cut to nothing", async (file: string) => await truncate(file, 0)],
  [
    "overwritten",
    async (file: string) => {
      const handle = await open(file, "r+");
      await handle.write(Buffer.alloc(8192), 0, 8192, 0);
      await handle.close();
    },
  ],
  ["without its log", async (file: string) => await rm(`${file}-wal`)],
  ["cut short in its log", async (file: string) => await truncate(`${file}-wal`, 0)],
])(
  "a file that is %s while it is open takes no commands and says so, also where nobody writes",
  async (_name, harm) => {
    const file = join(await temporaryFolder(), "store.sqlite");
    const store = await openTestStore(file);
    store.begin(timeline);
    await store.commit(postOf(1, 1, messageOf("msg-u1")));
    await harm(file);
    await expect(store.commit(postOf(2, 1, messageOf("msg-u2")))).rejects.toThrow(/^The .* of the store was .*\.$/);
    expect(store.outage()).toMatch(/removed|replaced|overwritten/);
  },
);

test("a file that is removed while nobody writes is noticed within a second, and is taken again when it is back", async () => {
  const file = join(await temporaryFolder(), "store.sqlite");
  const store = await openTestStore(file);
  store.begin(timeline);
  await store.commit(postOf(1, 1, messageOf("msg-u1")));
  await rename(file, `${file}.away`);
  await expect.poll(() => store.outage(), { timeout: 5000, interval: 20 }).toMatch(/was removed/);
  await rename(`${file}.away`, file);
  await expect.poll(() => store.outage(), { timeout: 5000, interval: 20 }).toBeNull();
  await store.commit(postOf(2, 1, messageOf("msg-u2")));
});

test("a damaged row that is found when it is read is logged once, and the read is rejected", async () => {
  const file = join(await temporaryFolder(), "store.sqlite");
  const first = await openTestStore(file);
  first.begin(timeline);
  await first.commit(postOf(1, 1, messageOf("msg-u1")));
  await first.close();
  const database = new Database(file);
  database.exec("update message set body = 'x'");
  // Too large to be verified at the start.
  database.exec("create table filler (bytes blob); insert into filler values (zeroblob(9000000))");
  database.close();

  const lines: unknown[] = [];
  const note = (fields: unknown): void => void lines.push(fields);
  const store = await openTestStore(file, { logger: { debug: note, info: note, warn: note, error: note } });
  const reason = "The store is damaged: message msg-u1 is not as it was written.";
  for (let attempt = 0; attempt < 2; attempt++) await expect(store.message("disc-1", "msg-u1")).rejects.toThrow(reason);
  expect(lines).toEqual([{ reason }]);
});

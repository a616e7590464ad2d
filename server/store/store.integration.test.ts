/** What a store promises, held against every kind of it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { describe, expect, onTestFinished, test } from "vitest";
import { intervalMsOf } from "../../schemas/index.js";
import { packBackfill } from "./backfill.js";
import type { Store } from "./store.js";
import {
  allKinds,
  batchOf,
  candleOf,
  durableKinds,
  idsOf,
  messageOf,
  minutesOf,
  openTestStore,
  postOf,
  recordOf,
  temporaryFolder,
  timeline,
  world,
} from "./store.fixture.js";

describe.each(allKinds)("a store in $kind", ({ createUrl }) => {
  async function openFresh(options: Parameters<typeof openTestStore>[1] = {}): Promise<Store> {
    const store = await openTestStore(await createUrl(), options);
    expect(await store.loadResume()).toBeNull();
    store.begin(timeline);
    return store;
  }

  test("gives back what ticks and people said, newest first and each once", async () => {
    const store = await openFresh();
    store.recordBatch(batchOf(1, [messageOf("msg-1"), messageOf("msg-2")]));
    await store.commit(postOf(1, 1, messageOf("msg-u1")));
    // The batch that the command itself yields brings the message once more.
    store.recordBatch(batchOf(1, [messageOf("msg-u1")]));
    store.recordBatch(batchOf(2, [messageOf("msg-3"), messageOf("msg-4", "disc-2")]));
    expect(await idsOf(store)).toEqual(["msg-3", "msg-u1", "msg-2", "msg-1"]);
    expect(await idsOf(store, "disc-2")).toEqual(["msg-4"]);
    expect(await store.message("disc-1", "msg-u1")).toEqual(messageOf("msg-u1"));
    expect(await store.message("disc-2", "msg-u1")).toBeUndefined();
    expect(await idsOf(store, "disc-1", 2)).toEqual(await idsOf(store, "disc-1", 200));
  });

  test("keeps a page right while messages come", async () => {
    const store = await openFresh();
    for (let tick = 1; tick <= 5; tick++) store.recordBatch(batchOf(tick, [messageOf(`msg-${tick}`)]));
    const first = await store.messages("disc-1", { limit: 2 });
    store.recordBatch(batchOf(6, [messageOf("msg-6")]));
    const second = await store.messages("disc-1", { limit: 2, cursor: first.nextCursor ?? "" });
    expect([...first.data, ...second.data].map((message) => message.id)).toEqual(["msg-5", "msg-4", "msg-3", "msg-2"]);
  });

  test("keeps the response to a key with its command, for a day", async () => {
    let nowMs = 1_000_000;
    const store = await openFresh({ wallClockMs: () => nowMs });
    const response = {
      key: "k",
      fingerprint: "f",
      status: 201,
      location: "/x",
      body: { id: "x", text: "\u0000\ud800" },
    };
    await store.commit(recordOf(1, 0, { type: "deleteAgent", id: "agent-1" }, { response }));
    expect(await store.response("k")).toEqual(response);
    expect(await store.response("other")).toBeUndefined();
    nowMs += 24 * 3_600_000 + 1;
    expect(await store.response("k")).toBeUndefined();
    await store.commit(recordOf(2, 0, { type: "deleteAgent", id: "agent-2" }, { response }));
    expect(await store.response("k")).toEqual(response);
  });

  test("keeps commands in order, and where they were applied in the end, with their responses", async () => {
    const store = await openFresh();
    const command = { type: "deleteAgent", id: "agent-1" } as const;
    await store.commit(recordOf(1, 10, command));
    const at = (tick: number) => {
      const response = { key: "k", fingerprint: "f", status: 201, location: "/x", body: { tick } };
      return recordOf(2, tick, command, { response });
    };
    const committed = store.commit(at(20));
    for (const tick of [21, 22]) store.recordBatch(batchOf(tick), at(tick));
    await committed;
    expect(await store.response("k")).toEqual(at(22).response);
    store.recordBatch(batchOf(23));
    await store.commit(recordOf(3, 30, command));
    expect((await store.commands(1, 1)).map(({ sequence }) => sequence)).toEqual([2]);
    expect(await store.commands(0, 10)).toEqual([
      { sequence: 1, afterTick: 10, command },
      { sequence: 2, afterTick: 22, command },
      { sequence: 3, afterTick: 30, command },
    ]);
  });

  test("keeps the place of a command that another process stored, and what it deleted, before another one follows", async () => {
    const store = await openFresh();
    store.recordBatch(batchOf(1, [messageOf("msg-1")]));
    const deletion = recordOf(1, 1, { type: "deleteDiscussion", id: "disc-1" });
    await store.commit(deletion);
    store.recordPlace({ entry: { ...deletion.entry, afterTick: 4 } });
    for (const tick of [2, 3, 4]) store.recordBatch(batchOf(tick));
    await store.commit(recordOf(2, 4, { type: "deleteAgent", id: "agent-1" }));
    expect((await store.commands(0, 10)).map(({ afterTick }) => afterTick)).toEqual([4, 4]);
    expect(await idsOf(store)).toEqual([]);
  });

  test("commits made at once are each answered", async () => {
    const store = await openFresh();
    await Promise.all(Array.from({ length: 50 }, (_, at) => store.commit(postOf(at + 1, 0, messageOf(`msg-u${at}`)))));
    expect(await idsOf(store)).toHaveLength(50);
    expect(await store.commands(0, 100)).toHaveLength(50);
  });

  test("takes candles twice without doubling them, and rolls them up", async () => {
    const store = await openFresh();
    store.saveBackfill(packBackfill(new Map([["tech-001", Array.from({ length: 60 }, (_, at) => candleOf(at - 60))]])));
    for (const tick of [1, 2]) store.recordBatch(batchOf(tick, [], [candleOf(0), candleOf(1)]));
    expect(await minutesOf(store)).toEqual(Array.from({ length: 62 }, (_, at) => at - 60));
    const hours = await store.candles({ sectorId: "tech-001", interval: "15m", sort: "desc", limit: 2 });
    expect(hours.data).toEqual([
      { timestampMs: timeline.startMs, open: 100, high: 103, low: 99, close: 102 },
      { timestampMs: timeline.startMs - intervalMsOf["15m"], open: 85, high: 101, low: 84, close: 100 },
    ]);
    expect(hours.hasMore).toBe(true);
  });

  test("keeps the day before the start until it is too old, its sector goes or another timeline begins", async () => {
    const store = await openFresh({ retention: { minuteCandleDays: 1 } });
    const dayOf = (id: string) => [id, Array.from({ length: 120 }, (_, at) => candleOf(at - 120, id))] as const;
    // A start that is resumed before its first snapshot saves it again.
    for (let start = 0; start < 2; start++)
      store.saveBackfill(packBackfill(new Map([dayOf("tech-001"), dayOf("fin-001")])));
    const candles = [0, 1].flatMap((minute) => [candleOf(minute), candleOf(minute, "fin-001")]);
    store.recordBatch(batchOf(1, [], candles));
    const newest = await store.candles({ sectorId: "tech-001", interval: "1m", sort: "desc", limit: 4 });
    const { sectorId: _id, interval: _interval, ...last } = candleOf(-1);
    expect(newest.data[2]).toEqual(last);
    const range = { startMs: timeline.startMs - 90 * 60_000, endMs: timeline.startMs - 30 * 60_000 };
    for (const sort of ["asc", "desc"] as const) {
      const query = { sectorId: "tech-001", interval: "1m", sort, limit: 40, ...range } as const;
      const first = await store.candles(query);
      const rest = await store.candles({ ...query, cursor: first.nextCursor ?? "" });
      const minutes = [...first.data, ...rest.data].map(({ timestampMs }) => (timestampMs - timeline.startMs) / 60_000);
      expect(sort === "asc" ? minutes : minutes.toReversed()).toEqual(Array.from({ length: 60 }, (_, at) => at - 90));
    }

    const hours = 3_600_000 / timeline.tickMs;
    store.recordBatch(batchOf(23 * hours));
    expect((await minutesOf(store)).slice(0, 61)).toEqual([...Array.from({ length: 60 }, (_, at) => at - 60), 0]);
    await store.commit(recordOf(1, 23 * hours, { type: "deleteSector", id: "tech-001" }));
    expect(await minutesOf(store)).toEqual([]);
    expect(await store.truncate(23 * hours)).toMatchObject({ candles: 0 });
    expect(await store.truncate(-1)).toMatchObject({ candles: 60 + 2 });
    expect(await minutesOf(store, "fin-001")).toEqual([]);
  });

  test("deletes with a resource what belongs to it, also what came during the commit", async () => {
    const store = await openFresh();
    store.recordBatch(
      batchOf(1, [messageOf("msg-1"), messageOf("msg-2", "disc-2")], [candleOf(0), candleOf(0, "fin-001")]),
    );
    const deletion = { type: "deleteDiscussion", id: "disc-1" } as const;
    const committed = store.commit(recordOf(1, 1, deletion));
    store.recordBatch(batchOf(2, [messageOf("msg-3")]), recordOf(1, 2, deletion));
    await committed;
    await store.commit(recordOf(2, 2, { type: "deleteSector", id: "tech-001" }));
    expect(await idsOf(store)).toEqual([]);
    expect(await idsOf(store, "disc-2")).toEqual(["msg-2"]);
    expect(await minutesOf(store)).toEqual([]);
    expect(await minutesOf(store, "fin-001")).toEqual([0]);
  });

  test("never hands out a serial twice, whatever is deleted", async () => {
    const store = await openFresh();
    const serials = Array.from({ length: 2500 }, () => store.nextSerial());
    await store.truncate(-1);
    serials.push(store.nextSerial());
    expect(new Set(serials).size).toBe(serials.length);
    expect(serials[0]).toBe(1);
  });

  test("keeps of a room's simulated messages the newest, and of people's all", async () => {
    const store = await openFresh({ retention: { simulatedMessagesMax: 10 } });
    await store.commit(postOf(1, 0, messageOf("msg-u1")));
    for (let tick = 1; tick <= 25; tick++) store.recordBatch(batchOf(tick, [messageOf(`msg-${tick}`)]));
    expect(await idsOf(store)).toEqual([...Array.from({ length: 10 }, (_, at) => `msg-${25 - at}`), "msg-u1"]);
  });

  test("drops minute candles and replies of long ago", async () => {
    let nowMs = 0;
    const store = await openFresh({ retention: { minuteCandleDays: 1 }, wallClockMs: () => nowMs });
    const ticksPerHour = 3_600_000 / timeline.tickMs;
    for (let hour = 0; hour < 30; hour++) store.recordBatch(batchOf(hour * ticksPerHour, [], [candleOf(hour * 60)]));
    nowMs += 1;
    const minutes = await minutesOf(store);
    expect(minutes.at(-1)).toBe(29 * 60);
    expect(minutes[0]).toBe(5 * 60);
  });
});

describe.each(durableKinds)("a store in $kind that is opened again", ({ createUrl }) => {
  test("is empty to resume from before its first timeline, and whole after it", async () => {
    const url = await createUrl();
    const first = await openTestStore(url);
    expect(await first.loadResume()).toBeNull();
    first.begin(timeline);
    first.saveBackfill(packBackfill(new Map([["tech-001", [candleOf(-1)]]])));
    first.recordBatch(batchOf(1, [messageOf("msg-1")], [candleOf(0)]));
    const post = postOf(1, 1, messageOf("msg-u1"), {
      response: { key: "k", fingerprint: "f", status: 201, location: "/x", body: {} },
    });
    await first.commit(post);
    const snapshot = {
      world: {
        ...world,
        scenarioName: world.scenario,
        startMs: timeline.startMs,
        tickMs: 250,
        tick: 2,
        state: { deep: [1, "\u0000"] },
      },
      sequence: 1,
      observer: null,
    };
    first.recordBatch(batchOf(2));
    first.saveSnapshot(snapshot);
    first.recordBatch(batchOf(3, [messageOf("msg-2")]));
    const serial = first.nextSerial();
    await first.close();

    const second = await openTestStore(url);
    expect(await second.loadResume()).toEqual({
      ...timeline,
      snapshots: [snapshot],
      lastTick: 3,
    });
    expect(await second.commands(0, 10)).toEqual([post.entry]);
    expect(await idsOf(second)).toEqual(["msg-2", "msg-u1", "msg-1"]);
    expect(await minutesOf(second)).toEqual([-1, 0]);
    expect(await second.response("k")).toMatchObject({ fingerprint: "f" });
    expect(second.nextSerial()).toBeGreaterThan(serial);
    // Ticks that are run again bring nothing twice, and new ones go on behind them.
    second.recordBatch(batchOf(3, [messageOf("msg-2")]));
    second.recordBatch(batchOf(4, [messageOf("msg-3")]));
    expect(await idsOf(second)).toEqual(["msg-3", "msg-2", "msg-u1", "msg-1"]);
  });

  test("keeps the newest snapshots and some of those before, and none of a time that was undone", async () => {
    const store = await openTestStore(await createUrl());
    store.begin(timeline);
    const snapshotAt = (tick: number) => ({
      world: { ...world, scenarioName: world.scenario, startMs: timeline.startMs, tickMs: 250, tick, state: null },
      sequence: 0,
      observer: null,
    });
    const ticksOf = async () => (await store.loadResume())?.snapshots.map(({ world }) => world.tick);
    for (let tick = 1200; tick <= 19_200; tick += 1200) store.saveSnapshot(snapshotAt(tick));
    store.saveSnapshot(snapshotAt(20_400));
    expect(await ticksOf()).toEqual([2400, 4800, 7200, 9600, 12_000, 14_400, 16_800, 19_200, 20_400]);
    await store.truncate(12_500);
    expect(await ticksOf()).toEqual([2400, 4800, 7200, 9600, 12_000]);
    expect((await store.loadResume())?.lastTick).toBe(12_000);
  });

  test.each([
    ["seed", { seed: "43" }],
    ["scenario", { scenario: "calm" }],
    ["simulator version", { simulatorVersion: "8" }],
  ])("by another %s is refused with both named and the ways out", async (_name, other) => {
    const url = await createUrl();
    const first = await openTestStore(url);
    first.begin(timeline);
    await first.commit(postOf(1, 1, messageOf("msg-u1")));
    await first.close();
    const refused = openTestStore(url, other);
    await expect(refused).rejects.toMatchObject({ name: "StartError", code: "storeUnusable" });
    for (const part of [
      "seed 42, scenario trading-day, simulator version 7",
      Object.values(other)[0],
      "the option reset",
      "the option store",
    ]) {
      await expect(refused).rejects.toThrow(part);
    }
  });

  test("a reset to another seed empties it when the new timeline begins, and not before", async () => {
    const url = await createUrl();
    const other = { seed: "43" };
    const first = await openTestStore(url);
    first.begin(timeline);
    await first.commit(postOf(1, 1, messageOf("msg-u1")));
    const serial = first.nextSerial();
    await first.close();

    const reset = await openTestStore(url, { ...other, reset: true });
    expect(await reset.loadResume()).toBeNull();
    await reset.close();
    const unchanged = await openTestStore(url);
    expect(await idsOf(unchanged)).toEqual(["msg-u1"]);
    await unchanged.close();
    const begun = await openTestStore(url, { ...other, reset: true });
    begun.begin({ ...timeline, ...other });
    expect(await begun.loadResume()).toMatchObject({ ...other, lastTick: 0 });
    expect(await begun.commands(0, 10)).toEqual([]);
    expect(await idsOf(begun)).toEqual([]);
    expect(begun.nextSerial()).toBeGreaterThan(serial);
  });

  test("by a second process at the same time is refused", async () => {
    const url = await createUrl();
    const first = await openTestStore(url);
    first.begin(timeline);
    await expect(openTestStore(url)).rejects.toThrow(/in use by another process.*option store/);
    await first.commit(postOf(1, 1, messageOf("msg-u1")));
    await first.close();
    expect(await idsOf(await openTestStore(url))).toEqual(["msg-u1"]);
  });
});

test("a file is not made while another process is about to open it", async () => {
  const folder = await temporaryFolder();
  const url = join(folder, "store.sqlite");
  const other = new Database(`${url}-lock`);
  onTestFinished(() => void other.close());
  other.exec("BEGIN IMMEDIATE");
  const opening = openTestStore(url);
  await openTestStore(join(folder, "another.sqlite"));
  expect(existsSync(url)).toBe(false);
  other.exec("COMMIT");
  await opening;
  expect(existsSync(url)).toBe(true);
});

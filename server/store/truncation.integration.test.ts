/** Another timeline begins: what came after a tick is deleted, and nothing else, in every kind of store. */
import { describe, expect, test } from "vitest";
import type { Store } from "./store.js";
import {
  allKinds,
  batchOf,
  candleOf,
  idsOf,
  messageOf,
  minutesOf,
  openTestStore,
  postOf,
  recordOf,
  timeline,
} from "./store.fixture.js";

describe.each(allKinds)("a store in $kind", ({ createUrl }) => {
  async function openFresh(): Promise<Store> {
    const store = await openTestStore(await createUrl());
    store.begin(timeline);
    return store;
  }

  test("begins another timeline by deleting what came after a tick, and counts it", async () => {
    const store = await openFresh();
    const ticksPerMinute = 60_000 / timeline.tickMs;
    // A candle is closed by the last tick that falls into its minute.
    for (let minute = 0; minute < 4; minute++) {
      store.recordBatch(batchOf((minute + 1) * ticksPerMinute - 1, [messageOf(`msg-${minute}`)], [candleOf(minute)]));
      await store.commit(postOf(minute + 1, (minute + 1) * ticksPerMinute, messageOf(`msg-u${minute}`)));
    }
    const tick = 2 * ticksPerMinute - 1;
    const deleted = await store.truncate(tick);
    expect(deleted).toEqual({ messages: 2 + 3, candles: 2, commands: 3 });
    expect(await minutesOf(store)).toEqual([0, 1]);
    expect(await idsOf(store)).toEqual(["msg-1", "msg-u0", "msg-0"]);
    expect(await store.loadResume()).toMatchObject({ lastTick: tick });
    expect(await store.commands(0, 10)).toMatchObject([{ sequence: 1 }]);

    expect(await store.truncate(-1)).toEqual({ messages: 3, candles: 2, commands: 1 });
    expect(await idsOf(store)).toEqual([]);
    store.begin({ ...timeline, seed: "43" });
    expect(await store.loadResume()).toMatchObject({ seed: "43", lastTick: 0, snapshots: [] });
    expect(await store.commands(0, 10)).toEqual([]);
  });

  test("moves to the past by the tick that closed a candle, also where the start was moved since", async () => {
    const store = await openFresh();
    const ticksPerSecond = 1000 / timeline.tickMs;
    const secondAt = (second: number) => ({ ...candleOf(0), interval: "1s" as const, timestampMs: second * 1000 });
    for (const second of [0, 1, 2])
      store.recordBatch(batchOf((second + 1) * ticksPerSecond - 1, [], [secondAt(second), candleOf(second)]));
    store.moveStart(timeline.startMs + 86_400_000, null);
    // In the middle of the second that tick 7 closes.
    expect(await store.truncate(5)).toMatchObject({ candles: 4 });
    const { data } = await store.candles({ sectorId: "tech-001", interval: "1s", sort: "asc", limit: 10 });
    expect(data.map(({ timestampMs }) => timestampMs)).toEqual([0]);
    expect(await minutesOf(store)).toEqual([0]);
  });

  test("forgets the replies to commands that another timeline does not have", async () => {
    const store = await openFresh();
    const keys = ["early", "late"];
    for (const [at, key] of keys.entries()) {
      const response = { key, fingerprint: "f", status: 201, location: "/x", body: {} };
      await store.commit(recordOf(at + 1, at * 10, { type: "deleteAgent", id: key }, { response }));
    }
    const kept = async (): Promise<string[]> =>
      (await Promise.all(keys.map((key) => store.response(key)))).flatMap((response) =>
        response ? [response.key] : [],
      );
    await store.truncate(9);
    expect(await kept()).toEqual(["early"]);
    await store.truncate(-1);
    expect(await kept()).toEqual([]);
  });
});

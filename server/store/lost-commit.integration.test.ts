/** A database that has committed but could not say so, and a process that was killed in between: all of a command or nothing. */
import { expect, test } from "vitest";
import { openCuttableStore } from "./breakable-proxy.fixture.js";
import { Deadline } from "./deadline.js";
import {
  batchOf,
  candleOf,
  durableKinds,
  idsOf,
  isPostgresAbsent,
  messageOf,
  openTestStore,
  postOf,
  recordOf,
  timeline,
  untilOutage,
  world,
} from "./store.fixture.js";
import { openWorkerBackend } from "./worker-backend.js";

test.skipIf(isPostgresAbsent)(
  "a command whose commit reached Postgres but was reported as failed is taken back",
  async () => {
    const { way, store } = await openCuttableStore();
    await store.commit(postOf(1, 1, messageOf("msg-u1")));

    way.cutAtNextCommit();
    const response = { key: "k", fingerprint: "f", status: 201, location: "/x", body: {} };
    await expect(store.commit(postOf(2, 1, messageOf("msg-u2"), { response }))).rejects.toMatchObject({
      name: "StoreError",
    });
    await way.mend();
    await untilOutage(store, false);
    expect(await idsOf(store)).toEqual(["msg-u1"]);
    expect(await store.response("k")).toBeUndefined();
    expect(await store.commands(0, 10)).toHaveLength(1);
  },
);

test.skipIf(isPostgresAbsent)(
  "what a commit has left that was reported as failed is not read before it is taken back",
  async () => {
    const { way, store } = await openCuttableStore();
    const response = { key: "k", fingerprint: "f", status: 201, location: "/x", body: {} };
    // A connection for reading that outlives the one for writing.
    expect(await store.response("k")).toBeUndefined();
    way.cutAtNextCommit();
    const record = postOf(1, 1, messageOf("msg-u1"), { response });
    await expect(store.commit(record)).rejects.toMatchObject({ name: "StoreError" });
    await expect(store.response("k")).rejects.toMatchObject({ name: "StoreError" });
    await expect(store.message("disc-1", "msg-u1")).rejects.toMatchObject({ name: "StoreError" });

    await way.mend();
    await untilOutage(store, false);
    expect(await store.response("k")).toBeUndefined();
    expect(await idsOf(store)).toEqual([]);
  },
);

test.skipIf(isPostgresAbsent)(
  "a database that is silent is waited for no longer than the deadline, and what it commits late is taken back",
  async () => {
    const { way, store } = await openCuttableStore();
    const response = { key: "k", fingerprint: "f", status: 201, location: "/x", body: {} };
    expect(await store.response("k")).toBeUndefined();
    way.silence();
    const record = postOf(1, 1, messageOf("msg-u1"), { response });
    await expect(store.commit(record, new Deadline(50))).rejects.toThrow("The store did not answer within 0.05 s.");
    expect(store.outage()).toBe("The store does not answer.");
    // At once, and whatever the database has committed meanwhile.
    await expect(store.response("k")).rejects.toThrow("The store does not answer.");
    await expect(store.commit(record)).rejects.toThrow("The store does not answer.");

    way.answer();
    await untilOutage(store, false);
    expect(await store.response("k")).toBeUndefined();
    await store.commit(postOf(1, 1, messageOf("msg-u2")));
    expect(await idsOf(store)).toEqual(["msg-u2"]);
  },
);

test.skipIf(isPostgresAbsent).each([
  ["discussion", { type: "deleteDiscussion", id: "disc-1" }],
  ["sector", { type: "deleteSector", id: "tech-001" }],
] as const)(
  "a %s whose deletion reached Postgres but was reported as failed keeps what belongs to it",
  async (_of, command) => {
    const { way, store } = await openCuttableStore();
    store.recordBatch(batchOf(1, [messageOf("msg-1")], [candleOf(0)]));
    await store.commit(postOf(1, 1, messageOf("msg-u1")));

    way.cutAtNextCommit();
    await expect(store.commit(recordOf(2, 1, command))).rejects.toMatchObject({ name: "StoreError" });
    await way.mend();
    await untilOutage(store, false);
    expect(await idsOf(store)).toEqual(["msg-u1", "msg-1"]);
    const { data } = await store.candles({ sectorId: "tech-001", interval: "1m", sort: "asc", limit: 10 });
    expect(data).toHaveLength(1);
    expect(await store.commands(0, 10)).toHaveLength(1);
  },
);

test.skipIf(isPostgresAbsent)(
  "a move to the past whose commit may have reached Postgres is made once it is back",
  async () => {
    const { way, store } = await openCuttableStore();
    store.recordBatch(batchOf(1, [messageOf("msg-1")]));
    store.recordBatch(batchOf(2, [messageOf("msg-2")], [candleOf(0)]));
    await store.commit(postOf(1, 2, messageOf("msg-u1")));

    way.cutAtNextCommit();
    const truncated = store.truncate(1);
    await untilOutage(store, true);
    // It is still away when it is tried again.
    way.cut();
    await way.mend();
    expect(await truncated).toEqual({ messages: 2, candles: 1, commands: 1 });
    expect(store.outage()).toBeNull();
    expect(await idsOf(store)).toEqual(["msg-1"]);

    way.cut();
    await expect(store.truncate(0)).rejects.toMatchObject({ name: "StoreError" });
    await way.mend();
    await untilOutage(store, false);
    expect(await idsOf(store)).toEqual(["msg-1"]);
  },
);

test.each(durableKinds)(
  "in $kind what belonged to a discussion is gone, though the process was killed right after its deletion",
  async ({ createUrl }) => {
    const url = await createUrl();
    const backend = await openWorkerBackend(
      { url, ...world, reset: false, groupRowsMax: 20_000 },
      { onOutage: () => {}, onGivenUp: () => {}, onReadFailed: () => {} },
    );
    backend.write({ kind: "begin", timeline });
    const messages = [{ tick: 1, message: messageOf("msg-1") }];
    backend.write({ kind: "ticks", lastTick: 1, messages, minuteCandles: [] });
    const record = recordOf(1, 1, { type: "deleteDiscussion", id: "disc-1" });
    await backend.commit({ kind: "command", record, keptAtMs: 0 });
    await backend.close();

    const store = await openTestStore(url);
    await store.loadResume();
    expect(await store.commands(0, 10)).toEqual([record.entry]);
    expect(await idsOf(store)).toEqual([]);
  },
);

import { expect, test } from "vitest";
import { Deadline } from "./deadline.js";
import { isPostgresAbsent, messageOf, openTestStore, postOf, timeline } from "./store.fixture.js";
import { startCuttableWay } from "./breakable-proxy.fixture.js";

test("what takes longer than the deadline is rejected with a sentence, and what is in time is not", async () => {
  const deadline = new Deadline(20);
  expect(await deadline.race(Promise.resolve(7))).toBe(7);
  expect(() => deadline.assertLeft()).not.toThrow();
  await expect(deadline.race(new Promise(() => {}))).rejects.toMatchObject({
    name: "StoreError",
    message: "The store did not answer within 0.02 s. Nothing was changed; try again later.",
    retryAfterSeconds: 2,
  });
  expect(deadline.isOver).toBe(true);
  expect(() => deadline.assertLeft()).toThrow(/did not answer/);
});

test.skipIf(isPostgresAbsent)("a read of a database that is silent is rejected at the deadline", async () => {
  const way = await startCuttableWay();
  const store = await openTestStore(way.url, { waitMsMax: 50 });
  way.silence();
  await expect(store.response("k")).rejects.toThrow("The store did not answer within 0.05 s.");
  way.answer();
});

test.skipIf(isPostgresAbsent)(
  "a read that began before a commit was given up does not see what is taken back",
  async () => {
    const way = await startCuttableWay();
    const store = await openTestStore(way.url);
    store.begin(timeline);
    await store.commands(0, 1);
    way.silence();
    const response = { key: "k", fingerprint: "f", status: 201, location: "/l", body: {} };
    const committing = store.commit(postOf(1, 0, messageOf("said"), { response }), new Deadline(50));
    const reading = store.response("k");
    await expect(committing).rejects.toThrow("The store did not answer within 0.05 s.");
    way.answer();
    await expect(reading).rejects.toThrow("The store does not answer.");
    await expect.poll(() => store.outage()).toBe(null);
    expect(await store.response("k")).toBeUndefined();
  },
);

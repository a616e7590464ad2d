import { expect, test } from "vitest";
import { Deadline } from "./deadline.js";
import { isPostgresAbsent, openTestStore } from "./store.fixture.js";
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

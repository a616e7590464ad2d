/** Members that ask their leader whether they read the same stream. */
import { expect, test } from "vitest";
import { SameStream } from "./same-stream.js";

/** A Redis in which names can be taken; `isAway` while it does not answer. */
function createRedis() {
  const names = new Set<string>();
  const redis = {
    isAway: false,
    claim: async (name: string) => {
      await Promise.resolve();
      if (redis.isAway) throw new Error("Redis does not answer.");
      const isNew = !names.has(name);
      names.add(name);
      return isNew;
    },
  };
  return redis;
}

function setUp() {
  const [mine, theirs] = [createRedis(), createRedis()];
  const told: boolean[] = [];
  const member = new SameStream(mine.claim, (isOther) => told.push(isOther));
  const ask = async (leader: SameStream) => {
    const name = await member.question();
    if (name !== undefined) member.take(await leader.find(name));
  };
  const same = new SameStream(mine.claim, () => {});
  const other = new SameStream(theirs.claim, () => {});
  return { mine, theirs, member, told, ask, same, other };
}

test("a leader with the same Redis is found to have it, and another one to have another, the second time", async () => {
  const { member, told, ask, same, other } = setUp();
  await ask(same);
  await ask(other);
  expect([member.isOther, told]).toEqual([false, []]);
  await ask(same);
  await ask(other);
  await ask(other);
  await ask(other);
  expect([member.isOther, told]).toEqual([true, [true]]);
  await ask(same);
  expect([member.isOther, told]).toEqual([false, [true, false]]);
});

test("while either has no Redis nothing is concluded", async () => {
  const { mine, theirs, member, ask, other } = setUp();
  await ask(other);
  theirs.isAway = true;
  await ask(other);
  mine.isAway = true;
  await ask(other);
  member.take("nonsense");
  expect(member.isOther).toBe(false);
});

test("who leads reads the stream of the cluster", async () => {
  const { member, told, ask, other } = setUp();
  await ask(other);
  await ask(other);
  member.lead();
  expect([member.isOther, told]).toEqual([false, [true, false]]);
});

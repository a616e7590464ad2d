import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { monotonicMs } from "../core/monotonic.js";
import { BusyPoll } from "./busy-poll.js";
import { UtilisationWitness } from "./utilisation.js";

/** Something arrives, and the loop turns until asking again has ended. Resolves with the milliseconds that it took. */
async function stayAwake(poll: BusyPoll): Promise<number> {
  const startedMs = monotonicMs();
  // Where the machine has no time for a while, the quiet is over before the first turn.
  while (poll.idleMs === 0) {
    poll.arrived(monotonicMs());
    await setImmediate();
  }
  let idleMs = Number.NaN;
  while (idleMs !== poll.idleMs) {
    idleMs = poll.idleMs;
    await setImmediate();
    await setImmediate();
  }
  return monotonicMs() - startedMs;
}

test("once something has arrived the loop stays awake, and sleeps again when nothing more comes", async () => {
  const poll = new BusyPoll();
  expect(await stayAwake(poll)).toBeGreaterThan(2);
  const { idleMs } = poll;
  await setImmediate();
  await setImmediate();
  expect(poll.idleMs).toBe(idleMs);
});

test("what lies between two askings is no work of the generator's", async () => {
  const poll = new BusyPoll();
  const discounted = new UtilisationWitness(() => poll.idleMs);
  const naive = new UtilisationWitness(() => 0);
  await stayAwake(poll);
  expect(discounted.closeSecond(true)).toBeLessThan(naive.closeSecond(true));
});

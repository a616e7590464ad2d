import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { monotonicMs } from "../measure/monotonic.js";
import { BusyPoll } from "./busy-poll.js";
import { UtilisationWitness } from "./utilisation.js";

/** Lets the event loop turn until asking again has ended. */
async function untilAsleep(poll: BusyPoll): Promise<void> {
  for (let idleMs = -1; idleMs !== poll.idleMs;) {
    idleMs = poll.idleMs;
    await setImmediate();
    await setImmediate();
  }
}

test("once something has arrived the loop stays awake, and sleeps again when nothing more comes", async () => {
  const poll = new BusyPoll();
  const startedMs = monotonicMs();
  poll.arrived(startedMs);
  await untilAsleep(poll);
  expect(monotonicMs() - startedMs).toBeGreaterThan(2);
  const { idleMs } = poll;
  expect(idleMs).toBeGreaterThan(0);
  await setImmediate();
  await setImmediate();
  expect(poll.idleMs).toBe(idleMs);
});

test("what lies between two askings is no work of the generator's", async () => {
  const poll = new BusyPoll();
  const discounted = new UtilisationWitness(() => poll.idleMs);
  const naive = new UtilisationWitness(() => 0);
  poll.arrived(monotonicMs());
  await untilAsleep(poll);
  expect(discounted.closeSecond(true)).toBeLessThan(naive.closeSecond(true));
});

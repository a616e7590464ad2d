/** Waits for the event of a change, and tells a late one from one that never comes. */
import type { EventName } from "../../../schemas/index.js";
import type { ValidEvent } from "../events/event-judge.js";
import type { ExpectedEvent } from "../events/listening.js";
import type { RuleName } from "../core/rules.js";
import type { Fixtures } from "./fixtures.js";

/**
 * How much longer than the limit an event is waited for, so that late is not called never; less and less
 * once events stay away, because a server that sends none would cost minutes.
 */
const patience = [3, 3, 1, 0.1] as const;

export async function awaitEvent(
  fixtures: Fixtures,
  expected: ExpectedEvent,
  rule: RuleName,
  name: EventName,
  what: string,
): Promise<ValidEvent | undefined> {
  const { rest, listening } = fixtures;
  const { eventMsMax } = rest.limits;
  const waitMs = eventMsMax * (patience[fixtures.missed(rule)] ?? 0.1);
  // Without a subscriber the connection's own rule is broken, and says more.
  if (listening.connected.length === 0) return undefined;
  const arrived = await expected.within(waitMs);
  rest.judge.check(rule, name, arrived !== undefined, () => ({
    detail: `${what} was not broadcast within ${waitMs} ms of its answer`,
  }));
  if (arrived === undefined) {
    fixtures.miss(rule);
    return undefined;
  }
  const { event, tookMs } = arrived;
  rest.judge.check("event-in-time", name, tookMs <= eventMsMax, () => ({
    detail: `${what} was broadcast ${Math.round(tookMs)} ms after its answer, more than ${eventMsMax} ms`,
    value: Math.round(tookMs),
  }));
  return event;
}

/** Asks the leader each second what its clock shows, so that this member knows the cluster's. */
import { text } from "node:stream/consumers";
import { monotonicNs } from "../core/timers.js";
import type { Logger } from "../core/logger.js";
import type { ClusterClock } from "./cluster-clock.js";
import type { LeaderLink } from "./leader-link.js";
import { LeaderPoll } from "./leader-poll.js";

export interface ClockPollOptions {
  readonly clock: ClusterClock;
  readonly link: LeaderLink;
  /** Of the leader; undefined while nobody is known to lead. */
  readonly leaderUrl: () => string | undefined;
  readonly logger: Logger;
}

const everyMs = 1000;
/** Until the clock is known. */
const firstMs = 50;
const silentMsMax = 1000;

/** Asks until it is closed. */
export function startClockPoll({ clock, link, leaderUrl, logger }: ClockPollOptions): LeaderPoll {
  async function ask(): Promise<void> {
    const [origin, url] = [clock.followed, leaderUrl()];
    if (origin === undefined || url === undefined) return;
    const sentNs = monotonicNs();
    const answer = await link.send(new URL("/api/simulation", url), { method: "GET", silentMsMax });
    const receivedNs = monotonicNs();
    const leaderNs = instantOf(await text(answer));
    if (leaderNs !== undefined) clock.take({ leaderNs, sentNs, receivedNs }, origin);
  }
  return new LeaderPoll(
    ask,
    () => (clock.isKnown ? everyMs : firstMs),
    (reason) => logger.warn({ leader: leaderUrl() }, `the leader of the cluster cannot be asked: ${reason}`),
  );
}

/** Why a member does not know the clock of its cluster yet. */
export function describeUnknownClock(leaderUrl: string | undefined, failure: string | undefined): string {
  if (leaderUrl === undefined || failure === undefined) return "The member does not know the clock of its cluster yet.";
  return `The member cannot ask its leader at ${leaderUrl} (${failure}). Check the address that the leader advertises.`;
}

/**
 * Undefined where the answer is a refusal: whoever was asked does not lead any more.
 *
 * @throws {Error} when it is no answer of a member
 */
function instantOf(answer: string): bigint | undefined {
  const { monotonicNs: ns } = parseAnswer(answer);
  return typeof ns === "string" && /^\d{1,30}$/.test(ns) ? BigInt(ns) : undefined;
}

function parseAnswer(answer: string): { readonly monotonicNs?: unknown } {
  try {
    return Object(JSON.parse(answer)) as object;
  } catch {
    throw new Error("there is another server");
  }
}

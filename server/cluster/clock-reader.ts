/** Asks the leader each second what its clock shows, so that this member knows the cluster's. */
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicNs } from "../core/timers.js";
import type { ClusterClock } from "./cluster-clock.js";
import type { LeaderLink } from "./leader-link.js";

export interface ClockReaderOptions {
  readonly clock: ClusterClock;
  readonly link: LeaderLink;
  /** Of the leader; undefined while nobody is known to lead. */
  readonly leaderUrl: () => string | undefined;
}

const everyMs = 1000;
/** Until the clock is known. */
const firstMs = 50;
const silentMsMax = 1000;

export class ClockReader {
  readonly #options: ClockReaderOptions;
  readonly #ended = new AbortController();

  constructor(options: ClockReaderOptions) {
    this.#options = options;
    void this.#run();
  }

  close(): void {
    this.#ended.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await this.#read().catch(() => {});
      await sleep(this.#options.clock.isKnown ? everyMs : firstMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async #read(): Promise<void> {
    const { clock, link, leaderUrl } = this.#options;
    const [origin, url] = [clock.followed, leaderUrl()];
    if (origin === undefined || url === undefined) return;
    const sentNs = monotonicNs();
    const answer = await link.send(new URL("/api/simulation", url), { method: "GET", silentMsMax });
    const receivedNs = monotonicNs();
    const leaderNs = instantOf(await text(answer));
    if (leaderNs !== undefined) clock.take({ leaderNs, sentNs, receivedNs }, origin);
  }
}

/** Undefined where the answer is a refusal: whoever was asked does not lead any more. */
function instantOf(answer: string): bigint | undefined {
  const { monotonicNs: ns } = JSON.parse(answer) as { readonly monotonicNs?: unknown };
  return typeof ns === "string" && /^\d{1,30}$/.test(ns) ? BigInt(ns) : undefined;
}

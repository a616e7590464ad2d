/**
 * Asks a server for its clock, now and then during a run: the `Date` header of small requests.
 *
 * On a loopback address the clock is taken for this machine's own, unless the header plainly says otherwise: a
 * forwarded port (ssh, kubectl, a virtual machine) leads to another machine.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { startDeadline } from "./deadline.js";
import { isLoopbackName } from "../../schemas/loopback.js";
import { type ClockBounds, ClockDifference, lateMsMax, readDate } from "./clock-difference.js";
import type { Target } from "./target.js";

/** What is known of the server's clock in the end. */
export interface ClockEvidence {
  readonly isThisHost: boolean;
  /** Undefined where nothing is known. */
  readonly bounds: ClockBounds | undefined;
  /** `Date` headers that the bounds rest on. */
  readonly readings: number;
}

const askTimeoutMs = 5000;
const everyMsMin = 500;
const sameClock: ClockBounds = { lowMs: 0, highMs: 0 };

export class ServerClock {
  readonly #target: Pick<Target, "base" | "headers">;
  readonly #isLoopback: boolean;
  readonly #difference = new ClockDifference();
  readonly #stop = new AbortController();
  #roundTripMs = 0;

  constructor(target: Pick<Target, "url" | "base" | "headers">) {
    this.#target = target;
    this.#isLoopback = isLoopbackName(target.url.hostname);
  }

  get evidence(): ClockEvidence {
    const { bounds, readings } = this.#difference;
    const isOther = bounds !== undefined && (bounds.lowMs > 0 || bounds.highMs < -lateMsMax);
    const isThisHost = this.#isLoopback && !isOther;
    return { isThisHost, bounds: isThisHost ? sameClock : bounds, readings };
  }

  /** By how much the server's clock can be ahead at most, even where its header is late. */
  get aheadMsMax(): number {
    const { isThisHost, bounds } = this.evidence;
    return isThisHost || bounds === undefined ? 0 : bounds.highMs + lateMsMax;
  }

  /**
   * One answer at once, the others until `stop`. Never rejects: what is not answered is not known.
   * Nobody waits for the answer where it will hardly be needed.
   */
  async start(): Promise<void> {
    const asked = this.ask().then(() => void this.#askOn());
    if (!this.#isLoopback) await asked;
  }

  stop(): void {
    this.#stop.abort();
  }

  async #askOn(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const untilMs = this.#difference.untilChangeMs(Date.now() + everyMsMin + this.#roundTripMs / 2);
      await sleep(everyMsMin + untilMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (!signal.aborted) await this.ask();
    }
  }

  async ask(): Promise<void> {
    const { base, headers } = this.#target;
    const deadline = startDeadline(askTimeoutMs, this.#stop.signal);
    const sentMs = Date.now();
    try {
      // Any answer will do, 404 and 405 among them.
      const response = await fetch(`${base}/health`, { method: "HEAD", headers, signal: deadline.signal });
      // The clock shows the beginning of a millisecond.
      const receivedMs = Date.now() + 1;
      this.#roundTripMs = receivedMs - sentMs;
      const reading = readDate(response.headers, sentMs, receivedMs);
      if (reading !== undefined) this.#difference.add(reading);
    } catch {
      // A server that does not answer now is asked again.
    } finally {
      deadline.cancel();
    }
  }
}

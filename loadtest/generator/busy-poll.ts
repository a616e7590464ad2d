/**
 * Keeps the event loop awake while a tick arrives.
 *
 * Whoever sleeps until the next socket has something is woken by the write of the server: on one machine that
 * costs the server's core more than the reader's, some microseconds a subscriber, so that a generator which
 * sleeps makes the server look slow. Once something has arrived the rest of the tick is on its way; until nothing
 * has come for a while, the sockets are asked again and again instead. What lies between two askings is idle time,
 * and is counted as such, for the loop itself looks busy.
 *
 * Source: busy polling of sockets, https://docs.kernel.org/networking/napi.html#busy-polling
 */
import { monotonicMs } from "../core/monotonic.js";

/** Between two askings: several sockets are read at a time then. Far below what a latency is reported with. */
const pauseMs = 0.05;
/** After so long without anything the loop may sleep. */
const quietMs = 2;

export class BusyPoll {
  #idleMs = 0;
  #lastMs = 0;
  #isPolling = false;
  readonly #onAsking: (atMs: number) => void;

  /** @param onAsking told right before the sockets are asked again */
  constructor(onAsking: (atMs: number) => void = () => {}) {
    this.#onAsking = onAsking;
  }

  /** Milliseconds in which nothing was done but wait for the next asking. */
  get idleMs(): number {
    return this.#idleMs;
  }

  /** Something has arrived. */
  arrived(atMs: number): void {
    this.#lastMs = atMs;
    if (this.#isPolling) return;
    this.#isPolling = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    const fromMs = monotonicMs();
    if (fromMs - this.#lastMs > quietMs) {
      this.#isPolling = false;
      return;
    }
    let nowMs = fromMs;
    while (nowMs - fromMs < pauseMs) nowMs = monotonicMs();
    this.#idleMs += nowMs - fromMs;
    this.#onAsking(nowMs);
    setImmediate(this.#turn);
  };
}

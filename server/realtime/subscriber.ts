/**
 * One connection, and how much of a batch it gets: all of it as a rule, only the latest of each kind while
 * it is behind, nothing any more once it is too far behind.
 *
 * Invariant: a subscriber who keeps up gets every event in order. One who is behind still gets every
 * message at once; what it skipped comes when its backlog is gone, the latest of each key.
 */
import { Backlog } from "./backlog.js";
import { ConnectionWriter } from "./connection-writer.js";
import { TokenBucket } from "./token-bucket.js";
import { type WireBatch, encodeBatch } from "./wire-batch.js";
import { setImmediate } from "../core/timers.js";

const noPing = -1;

export class Subscriber extends ConnectionWriter {
  /** It has joined the default namespace, or is about to. */
  hasJoined = false;
  /** It has asked to join a namespace: the handshake is over. */
  hasAsked = false;
  /** For what the client sends. */
  readonly inbound = new TokenBucket();
  #isLost = false;
  #pingSentMs = noPing;
  /** There while the subscriber is behind. */
  #backlog: Backlog | null = null;

  /** Terminated; the close event is on its way. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** A ping went out, or its pong came in. */
  set pingSentMs(atMs: number | null) {
    this.#pingSentMs = atMs ?? noPing;
  }

  /** True, and a look at the backlog comes before the next write, when a pong is outstanding for too long. */
  noticePongLag(): boolean {
    if (!this.#waitsForPong()) return false;
    this.isWatched = true;
    return true;
  }

  /** Looks again at a subscriber who is behind, also when nothing is broadcast. */
  recheck(): void {
    if (!this.#isLost && this.#judge() === "clear") this.#sendSkipped();
  }

  /** Ends the connection without waiting for anything that is queued. The client sees a transport close. */
  terminate(): void {
    this.#lose();
    this.cut();
  }

  #lose(): void {
    this.#isLost = true;
    this.watch.slow.delete(this);
  }

  /** Hands a batch over. False when the subscriber did not get all of it; what it got is then counted here. */
  deliver(batch: WireBatch): boolean {
    if (this.#isLost || this.isClosing) return false;
    const standing = this.#judge();
    if (standing === "lost") return false;
    if (standing === "behind") {
      this.#skipOrSend(batch);
      return false;
    }
    if (standing === "clear") this.#sendSkipped();
    this.sendBatch(batch);
    return true;
  }

  /** For a subscriber who is behind: sends what must not be skipped, remembers the latest of the rest. */
  #skipOrSend(batch: WireBatch): void {
    const { counters } = this.watch;
    batch.packets.forEach((packet, index) => {
      if (packet.conflationKey === null) {
        this.sendPacket(batch, index);
        counters.deliveries.add(packet.event);
      } else {
        const replaced = this.#backlog?.skip(packet.conflationKey, packet);
        if (replaced !== undefined) counters.conflated.add(replaced.event);
      }
    });
  }

  /** The backlog is gone: sends the latest of everything that was skipped. */
  #sendSkipped(): void {
    const skipped = this.#backlog?.skipped() ?? [];
    this.#backlog = null;
    this.watch.slow.delete(this);
    if (skipped.length === 0) return;
    this.sendBatch(encodeBatch(skipped));
    for (const { event } of skipped) this.watch.counters.deliveries.add(event);
  }

  /** How far the subscriber is behind. Closes it when that is too far. */
  #judge(): "clear" | "fine" | "behind" | "lost" {
    const { policy, counters, responsiveMs: nowMs, slow } = this.watch;
    const queuedBytes = this.queuedBytes(policy.hardBacklogBytesMax);
    if (queuedBytes === 0 && !this.#waitsForPong()) {
      this.isWatched = !this.isDirect();
      return "clear";
    }
    const bytes = queuedBytes + (this.#backlog?.bytes ?? 0);
    counters.backlogBytesMax = Math.max(counters.backlogBytesMax, bytes);
    // Before that nothing could leave: a long catch-up in one go is nobody's fault.
    if (this.hadItsTurn) {
      if (policy.hardBacklogBytesMax > 0 && bytes > policy.hardBacklogBytesMax) return this.#close("backlogBytes");
      if (this.#backlog === null && (this.#isTooLong(queuedBytes) || this.#waitsForPong())) {
        this.#backlog = new Backlog(nowMs);
        slow.add(this);
      }
    }
    if (this.#backlog === null) return "fine";
    const slowMs = nowMs - this.#backlog.sinceMs;
    if (policy.slowMsMax > 0 && queuedBytes > 0 && slowMs > policy.slowMsMax) return this.#close("slowMs");
    return this.watch.mayConflate ? "behind" : "fine";
  }

  #isTooLong(queuedBytes: number): boolean {
    const { softBacklogBytesMax, pollIntervalMs } = this.watch.policy;
    if (this.isPolling) return pollIntervalMs > 0 && this.waitedMs > 2 * pollIntervalMs;
    return softBacklogBytesMax > 0 && queuedBytes > softBacklogBytesMax;
  }

  #waitsForPong(): boolean {
    const { policy, responsiveMs } = this.watch;
    const isOutstanding = policy.pongLagMsMax > 0 && this.#pingSentMs !== noPing;
    return isOutstanding && responsiveMs - this.#pingSentMs > policy.pongLagMsMax;
  }

  #close(reason: string): "lost" {
    this.watch.reportClosed(reason);
    this.#lose();
    // Not amid a batch: listeners of "disconnect" may send something to those who have not got it yet.
    setImmediate(() => this.cut());
    return "lost";
  }
}

/**
 * One connection, and how much of a batch it gets: all of it as a rule, only the latest of each kind while
 * it is behind, nothing any more once it is too far behind.
 *
 * Invariant: a subscriber who keeps up gets every event in order. One who is behind still gets every
 * message at once; what it skipped comes when its backlog is gone, the latest of each key.
 */
import { TokenBucket } from "../core/token-bucket.js";
import { ConnectionWriter, type WriterContext } from "./connection-writer.js";
import type { EngineConnection } from "./internals.js";
import { type CloseReason, type SlowSubscriberPolicy, judge } from "./slow-policy.js";
import { type WireBatch, type WirePacket, encodeBatch } from "./wire-batch.js";

/** Shared by all subscribers. */
export interface SubscriberContext extends WriterContext {
  readonly policy: SlowSubscriberPolicy;
  /** False under connection state recovery: an event sent late would move the client's offset back. */
  readonly mayConflate: boolean;
}

/** What became of a batch: handed over as a whole, or not; or the connection has to be closed. */
export type Delivery = "complete" | "partial" | CloseReason;

const noPing = -1;

export class Subscriber {
  readonly writer: ConnectionWriter;
  /** It has joined the default namespace, or is about to. */
  hasJoined = false;
  /** It has asked to join a namespace: the handshake is over. */
  hasAsked = false;
  /** For what the client sends. */
  readonly inbound = new TokenBucket();
  readonly #context: SubscriberContext;
  #isLost = false;
  #pingSentMs = noPing;
  /** There while the subscriber is behind. */
  #backlog: Backlog | null = null;

  constructor(conn: EngineConnection, context: SubscriberContext) {
    this.#context = context;
    this.writer = new ConnectionWriter(conn, context);
  }

  /** Nothing is sent any more; the close event is on its way. */
  get isLost(): boolean {
    return this.#isLost;
  }

  get isSlow(): boolean {
    return this.#backlog !== null;
  }

  /** A ping went out at this responsive millisecond, or its pong came in. */
  set pingSentMs(atMs: number | null) {
    this.#pingSentMs = atMs ?? noPing;
  }

  /** True, and the subscriber is judged before the next write, when a pong is outstanding for too long. */
  noticePongLag(): boolean {
    if (!this.#isPongOverdue()) return false;
    this.writer.requireCheck();
    return true;
  }

  /** Looks again at a subscriber who is behind, also when nothing is broadcast. Returns why it has to be closed. */
  recheck(): CloseReason | null {
    if (this.#isLost) return null;
    const standing = this.#judge();
    if (standing === "clear") this.#sendSkipped();
    return standing === "backlogBytes" || standing === "slowMs" ? standing : null;
  }

  /** Hands a batch over. What it got of one that it did not get as a whole is counted here. */
  deliver(batch: WireBatch): Delivery {
    if (this.#isLost || this.writer.isClosing) return "partial";
    const standing = this.#judge();
    if (standing === "backlogBytes" || standing === "slowMs") return standing;
    if (standing === "slow" && this.#context.mayConflate) {
      this.#skipOrSend(batch);
      return "partial";
    }
    if (standing === "clear") this.#sendSkipped();
    this.writer.sendBatch(batch);
    return "complete";
  }

  /** Nothing is sent from now on. */
  abandon(): void {
    this.#isLost = true;
    this.#backlog = null;
  }

  /** Ends the connection without waiting for anything that is queued. The client sees a transport close. */
  terminate(): void {
    this.abandon();
    this.writer.terminate();
  }

  /** For a subscriber who is behind: sends what must not be skipped, remembers the latest of the rest. */
  #skipOrSend(batch: WireBatch): void {
    const { counters } = this.#context;
    batch.packets.forEach((packet, index) => {
      if (packet.conflationKey === null) {
        this.writer.sendPacket(batch, index);
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
    if (skipped.length === 0) return;
    this.writer.sendBatch(encodeBatch(skipped));
    for (const { event } of skipped) this.#context.counters.deliveries.add(event);
  }

  /** How far the subscriber is behind: not at all ("clear"), or what the policy returns. */
  #judge(): "clear" | ReturnType<typeof judge> {
    const { policy, counters, clock } = this.#context;
    const queuedBytes = this.writer.queuedBytes(policy.hardBacklogBytesMax);
    const isPongOverdue = this.#isPongOverdue();
    if (queuedBytes === 0 && !isPongOverdue) {
      this.writer.noticeEmpty();
      return "clear";
    }
    const skippedBytes = this.#backlog?.bytes ?? 0;
    counters.backlogBytesMax = Math.max(counters.backlogBytesMax, queuedBytes + skippedBytes);
    const standing = judge(policy, {
      queuedBytes,
      skippedBytes,
      pollWaitMs: this.writer.isPolling ? this.writer.waitedMs : null,
      isPongOverdue,
      hadItsTurn: this.writer.hadItsTurn,
      slowMs: this.#backlog === null ? null : clock.nowMs - this.#backlog.sinceMs,
    });
    if (standing === "slow") this.#backlog ??= new Backlog(clock.nowMs);
    return standing;
  }

  #isPongOverdue(): boolean {
    const { policy, clock } = this.#context;
    const isOutstanding = policy.pongLagMsMax > 0 && this.#pingSentMs !== noPing;
    return isOutstanding && clock.nowMs - this.#pingSentMs > policy.pongLagMsMax;
  }
}

/**
 * What a subscriber who is behind has skipped: the latest event of each key, in the order in which those
 * happened.
 *
 * Keeps text, not frames: a frame would hold the whole batch that it is a part of.
 */
class Backlog {
  /** When the subscriber fell behind, in responsive milliseconds. */
  readonly sinceMs: number;
  #bytes = 0;
  readonly #latest = new Map<string, WirePacket>();

  constructor(sinceMs: number) {
    this.sinceMs = sinceMs;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Remembers an event in place of the last with its key, which is returned. */
  skip(key: string, packet: WirePacket): WirePacket | undefined {
    const replaced = this.#latest.get(key);
    if (replaced !== undefined) {
      this.#latest.delete(key);
      this.#bytes -= replaced.text.length;
    }
    this.#latest.set(key, packet);
    this.#bytes += packet.text.length;
    return replaced;
  }

  skipped(): readonly WirePacket[] {
    return [...this.#latest.values()];
  }
}

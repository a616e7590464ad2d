/**
 * What a read of a member waits for: until it has played everything that any member has played. It rejects where this
 * member cannot tell; the leader can, or nobody.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs } from "../core/timers.js";
import type { Position } from "./entry.js";
import type { FallbackPath } from "./fallback-path.js";
import type { MemberState } from "./member-state.js";
import type { RedisStream } from "./redis-stream.js";

export interface ReadBarrierOptions {
  readonly state: MemberState;
  readonly stream: RedisStream;
  readonly fallback: FallbackPath;
  /** For how long nothing was heard by the stream, milliseconds. */
  readonly streamMs: () => number;
}

/** A leader may decide by the row after so long that others have not heard of it by the stream. */
const rowMsMin = 100;
/** How long a read waits until what may have been played elsewhere is decided. */
const decidedMsMax = 5000;
const lookMs = 5;

export class ReadBarrier {
  readonly #options: ReadBarrierOptions;
  #question: Promise<string> | undefined;

  constructor(options: ReadBarrierOptions) {
    this.#options = options;
  }

  async pass(): Promise<void> {
    const { state, fallback, streamMs } = this.#options;
    if (state.isLeading) return this.#passAsLeader();
    await this.#reachStream();
    if (streamMs() >= rowMsMin) await fallback.read();
  }

  /** Nobody else decides, so only what it has proposed itself can have been played elsewhere. */
  async #passAsLeader(): Promise<void> {
    const { state, fallback } = this.#options;
    const { uncertain } = fallback;
    const { proposedPosition } = state;
    const isConnected = await this.#reachStream().then(
      () => true,
      () => false,
    );
    if (!isConnected) await fallback.confirmLead();
    const mayBePlayed = isConnected ? uncertain : proposedPosition;
    if (mayBePlayed === undefined) return;
    for (const lateMs = monotonicMs() + decidedMsMax; isAhead(mayBePlayed, state.position); await sleep(lookMs))
      if (!state.isLeading || monotonicMs() > lateMs) throw new Error("What was proposed is not decided yet.");
  }

  /** One question serves all that ask while it has not been sent. */
  async #reachStream(): Promise<void> {
    const { stream } = this.#options;
    this.#question ??= Promise.resolve().then(() => {
      this.#question = undefined;
      return stream.findLastId();
    });
    await stream.reach(await this.#question);
  }
}

function isAhead(one: Position, other: Position): boolean {
  return one.tick > other.tick || one.sequence > other.sequence;
}

/**
 * Closes connections whose answers nobody reads.
 *
 * Counted is what waits in the process: bytes that the kernel has taken are its own to bound.
 */
import type { Socket } from "node:net";
import { clearInterval, monotonicMs, setInterval } from "../core/timers.js";

export interface UnreadLimits {
  /** An answer that the peer has not read after so long closes its connection. Milliseconds. @default 15_000 */
  readonly unreadMsMax: number;
  /** Unread bytes of all answers together; beyond it those with the most are closed. @default 67_108_864 */
  readonly unreadBytesMax: number;
}

/** How often the limits are looked at. */
const sweepMs = 500;

export class UnreadAnswers {
  readonly #limits: UnreadLimits;
  /** Connections with an answer under way, and since when it has had unread bytes, if it has any. */
  readonly #sinceMs = new Map<Socket, number | undefined>();
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: UnreadLimits) {
    this.#limits = limits;
  }

  begun(socket: Socket): void {
    this.#sinceMs.set(socket, undefined);
  }

  done(socket: Socket): void {
    this.#sinceMs.delete(socket);
  }

  start(): void {
    this.#timer ??= setInterval(() => this.sweep(monotonicMs()), sweepMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  sweep(nowMs: number): void {
    const unread: Socket[] = [];
    let bytes = 0;
    for (const [socket, sinceMs = nowMs] of this.#sinceMs) {
      if (socket.writableLength === 0) {
        this.#sinceMs.set(socket, undefined);
      } else if (nowMs - sinceMs > this.#limits.unreadMsMax) {
        this.#close(socket);
      } else {
        this.#sinceMs.set(socket, sinceMs);
        unread.push(socket);
        bytes += socket.writableLength;
      }
    }
    if (bytes <= this.#limits.unreadBytesMax) return;
    unread.sort((a, b) => b.writableLength - a.writableLength);
    for (const socket of unread) {
      if (bytes <= this.#limits.unreadBytesMax) return;
      bytes -= socket.writableLength;
      this.#close(socket);
    }
  }

  #close(socket: Socket): void {
    this.#sinceMs.delete(socket);
    // Not `destroy`: the kernel would keep what it has of the answer and go on offering it.
    socket.resetAndDestroy();
  }
}

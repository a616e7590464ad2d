/**
 * Closes connections whose answers nobody reads.
 *
 * Counted is what waits in the process: bytes that the kernel has taken are its own to bound.
 */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { clearInterval, monotonicMs, setInterval } from "../core/timers.js";

export interface UnreadLimits {
  /** An answer that the peer has not read after so long closes its connection. Milliseconds. @default 15_000 */
  readonly unreadMsMax: number;
  /** Unread bytes of all answers together; beyond it those with the most are closed. @default 67_108_864 */
  readonly unreadBytesMax: number;
}

/** A connection of Node's HTTP server. */
export interface AnsweringSocket extends Socket {
  /** The answer under way. */
  readonly _httpMessage?: ServerResponse | null;
}

/** An answer that had unread bytes when it was last looked at. */
interface Unread {
  readonly answer: ServerResponse;
  readonly sinceMs: number;
}

/** How often the limits are looked at. */
const sweepMs = 500;

export class UnreadAnswers {
  readonly #limits: UnreadLimits;
  readonly #sockets = new Set<AnsweringSocket>();
  readonly #unread = new WeakMap<AnsweringSocket, Unread>();
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: UnreadLimits) {
    this.#limits = limits;
  }

  /** Looks after the answers of a connection, until it closes. */
  add(socket: AnsweringSocket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.delete(socket));
  }

  delete(socket: AnsweringSocket): void {
    this.#sockets.delete(socket);
  }

  start(): void {
    this.#timer ??= setInterval(() => this.sweep(monotonicMs()), sweepMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  sweep(nowMs: number): void {
    const unread: AnsweringSocket[] = [];
    let bytes = 0;
    for (const socket of this.#sockets) {
      const sinceMs = this.#unreadSinceMs(socket, nowMs);
      if (sinceMs === undefined) continue;
      if (nowMs - sinceMs > this.#limits.unreadMsMax) {
        this.#close(socket);
      } else {
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

  /** Since when the answer under way has been seen with unread bytes; undefined where it has none. */
  #unreadSinceMs(socket: AnsweringSocket, nowMs: number): number | undefined {
    const { _httpMessage: answer, writableLength } = socket;
    if (answer === undefined || answer === null || writableLength === 0) {
      this.#unread.delete(socket);
      return undefined;
    }
    const last = this.#unread.get(socket);
    if (last?.answer === answer) return last.sinceMs;
    this.#unread.set(socket, { answer, sinceMs: nowMs });
    return nowMs;
  }

  #close(socket: AnsweringSocket): void {
    this.delete(socket);
    // Not `destroy`: the kernel would keep what it has of the answer and go on offering it.
    socket.resetAndDestroy();
  }
}

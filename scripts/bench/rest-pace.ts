/**
 * Requests at a steady rate, each sent when it is due whether or not those before it are answered.
 *
 * Autocannon sends what is due in a second at the second's beginning, as fast as it goes: every other tick
 * would meet a server at its limit, and none one at half of it. This also costs little, which matters because
 * the subscribers' process shares its core.
 */
import { once } from "node:events";
import { type Socket, connect } from "node:net";

export interface PaceOptions {
  readonly url: string;
  readonly connections: number;
  readonly durationMs: number;
  /** Requests a second over all connections. */
  readonly rate: number;
}

export interface Paced {
  readonly requests: number;
  /** Answers other than 200. */
  readonly failures: number;
}

const statusLine = Buffer.from("HTTP/1.1 ");
const headLength = statusLine.length + "200".length;
const wakeMs = 1;

/** A kept-open connection on which requests are pipelined. */
class PacedConnection {
  sent = 0;
  failures = 0;
  #answered = 0;
  #rest = Buffer.alloc(0);
  readonly #socket: Socket;
  readonly #request: Buffer;

  constructor({ port, pathname, search }: URL) {
    this.#request = Buffer.from(`GET ${pathname}${search} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    this.#socket = connect(Number(port), "127.0.0.1");
    this.#socket.setNoDelay(true).on("data", (bytes) => this.#count(bytes));
  }

  send(): void {
    this.sent += 1;
    this.#socket.write(this.#request);
  }

  async finish(): Promise<void> {
    while (this.#answered < this.sent) await once(this.#socket, "data");
    this.#socket.destroy();
  }

  /** Counts status lines, of which one can lie across two reads. */
  #count(bytes: Buffer): void {
    const text = Buffer.concat([this.#rest, bytes]);
    let end = 0;
    for (let at = text.indexOf(statusLine); at !== -1 && at + headLength <= text.length;) {
      end = at + headLength;
      this.#answered += 1;
      if (text.toString("latin1", end - 3, end) !== "200") this.failures += 1;
      at = text.indexOf(statusLine, end);
    }
    this.#rest = text.subarray(Math.max(end, text.length - headLength + 1));
  }
}

/** Resolves once everything that was sent is answered. */
export async function sendPaced({ url, connections: count, durationMs, rate }: PaceOptions): Promise<Paced> {
  const connections = Array.from({ length: count }, () => new PacedConnection(new URL(url)));
  const startMs = performance.now();
  let requests = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsedMs = Math.min(durationMs, performance.now() - startMs);
      for (; requests < Math.floor((elapsedMs * rate) / 1000); requests++) connections[requests % count].send();
      if (elapsedMs < durationMs) return;
      clearInterval(timer);
      resolve();
    }, wakeMs);
  });
  await Promise.all(connections.map((connection) => connection.finish()));
  return { requests, failures: connections.reduce((sum, { failures }) => sum + failures, 0) };
}

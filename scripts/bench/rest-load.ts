/** The load of the REST benchmark: as fast as it goes (autocannon), or at a steady rate. */
import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { constants, setPriority } from "node:os";
import autocannon from "autocannon";

interface LoadOptions {
  readonly url: string;
  readonly connections: number;
  readonly durationMs: number;
}

interface PaceOptions extends LoadOptions {
  /** Requests a second over all connections. */
  readonly rate: number;
}

export interface Load {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers that were not 2xx, and requests that got none. */
  readonly failures: number;
}

/** Autocannon checks this often whether its time is over. */
const checkMs = 100;
const statusLine = Buffer.from("HTTP/1.1 ");
const headLength = statusLine.length + "200".length;
const wakeMs = 1;

/** A kept-open connection on which requests are pipelined. */
class PacedConnection {
  sent = 0;
  /** Answers other than 200. */
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

export const handlers = {
  async load({ url, connections, durationMs }: LoadOptions): Promise<Load> {
    const startedMs = performance.now();
    const result = await autocannon({ url, connections, duration: durationMs / 1000, sampleInt: checkMs });
    const seconds = (performance.now() - startedMs) / 1000;
    return {
      requests: result["2xx"],
      requestsPerSecond: result["2xx"] / seconds,
      p50Ms: result.latency.p50,
      p99Ms: result.latency.p99,
      failures: result.non2xx + result.errors + result.timeouts,
    };
  },

  /**
   * Sends each request when it is due, whether or not those before it are answered; returns how many failed.
   *
   * Autocannon sends what is due in a second at the second's beginning, as fast as it goes: every other tick would meet
   * a server at its limit, and none one at half of it. This also costs little, which matters because the subscribers'
   * process shares its core: hence the low priority, too, so that the subscribers' clock does not wait for it.
   */
  async pace({ url, connections: count, durationMs, rate }: PaceOptions): Promise<number> {
    setPriority(constants.priority.PRIORITY_LOW);
    const connections = Array.from({ length: count }, () => new PacedConnection(new URL(url)));
    const startMs = performance.now();
    let requests = 0;
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        const elapsedMs = Math.min(durationMs, performance.now() - startMs);
        for (; requests < Math.floor((elapsedMs * rate) / 1000); requests++) connections[requests % count]!.send();
        if (elapsedMs < durationMs) return;
        clearInterval(timer);
        resolve();
      }, wakeMs);
    });
    await Promise.all(connections.map((connection) => connection.finish()));
    return connections.reduce((sum, { failures }) => sum + failures, 0);
  },
};

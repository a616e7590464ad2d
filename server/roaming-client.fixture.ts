/** A stock client whose connection is cut at any byte, and which comes back to any member of a cluster. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Socket, io } from "socket.io-client";
import { expect, onTestFinished } from "vitest";

type Transport = { readonly ws: { terminate(): void } };

const retryMs = 20;

export class RoamingClient {
  /** Each event with its offset, as text. */
  readonly received: string[] = [];
  /** How often it came back, and how often so that it started anew. */
  returns = 0;
  anew = 0;
  /** The longest time that it took to come back. */
  awayMsMax = 0;
  readonly #socket: Socket;
  #isReturning = false;

  private constructor(url: string) {
    this.#socket = io(url, { transports: ["websocket"], forceNew: true, reconnection: false });
    this.#socket.onAny((...args: unknown[]) => this.received.push(JSON.stringify(args)));
    onTestFinished(() => void this.#socket.close());
  }

  /** Resolves when it has had an event: from then on it can be recovered. */
  static async join(url: string): Promise<RoamingClient> {
    const client = new RoamingClient(url);
    while (client.received.length === 0) await sleep(retryMs);
    return client;
  }

  get isConnected(): boolean {
    return this.#socket.connected;
  }

  /** Ends the connection at once, with whatever is on its way. */
  cut(): void {
    if (this.#socket.connected) (this.#socket.io.engine.transport as unknown as Transport).ws.terminate();
  }

  /** Comes back to one of these whenever its connection has ended, until it leaves. */
  roam(urls: () => readonly string[]): void {
    this.#socket.on("disconnect", (reason) => {
      if (reason !== "io client disconnect" && !this.#isReturning) void this.comeBack(urls);
    });
  }

  /** For good. */
  leave(): void {
    this.#socket.close();
  }

  /** Comes back to the first of these that answers, tried in turn. */
  async comeBack(urls: () => readonly string[]): Promise<void> {
    const beganMs = performance.now();
    this.#isReturning = true;
    for (let attempt = 0; ; attempt++) {
      const all = urls();
      if (await this.#connect(all[(this.returns + attempt) % all.length])) break;
      await sleep(retryMs);
    }
    this.#isReturning = false;
    this.awayMsMax = Math.max(this.awayMsMax, performance.now() - beganMs);
    this.returns += 1;
    if (!this.#socket.recovered) this.anew += 1;
  }

  async #connect(url: string): Promise<boolean> {
    const socket = this.#socket;
    (socket.io as unknown as { uri: string }).uri = url;
    return await new Promise((resolve) => {
      const settle = (isConnected: boolean) => () => {
        socket.off("connect", connected).off("connect_error", failed).off("disconnect", failed);
        resolve(isConnected);
      };
      const [connected, failed] = [settle(true), settle(false)];
      socket.on("connect", connected).on("connect_error", failed).on("disconnect", failed);
      socket.connect();
    });
  }
}

/**
 * Every client has had one stretch of the stream that another one had from before its first event to after its last:
 * nothing missed, nothing doubled, the same bytes.
 */
export function expectWhole(clients: readonly RoamingClient[], stream: readonly string[]): void {
  for (const { received } of clients) {
    const from = stream.indexOf(received[0]);
    expect(from).toBeGreaterThanOrEqual(0);
    expect(received).toEqual(stream.slice(from, from + received.length));
  }
}

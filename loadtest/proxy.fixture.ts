/**
 * A proxy that knows WebSocket frames: it hands on what the server sends, event by event, and does to
 * them what a test asks for. Connections are numbered in order of their upgrade.
 */
import { once } from "node:events";
import { type AddressInfo, type Socket, connect, createServer } from "node:net";
import { onTestFinished } from "vitest";
import { createFrameHeader, encodeTextFrames, readFrameHeader } from "./core/frames.js";

/** An event on its way to one subscriber. */
export interface PassingEvent {
  /** The subscriber, 0 for the first that connected. */
  readonly connection: number;
  /** Events that it was sent before, since the tampering began. */
  readonly index: number;
  /** `["market:update",{…}]` */
  readonly text: string;
  /** Closes the connection to the subscriber. */
  readonly cut: () => void;
}

/** What is handed on instead: the texts, in order, and after how long; or any bytes. */
export type Tamper = (
  event: PassingEvent,
) => readonly string[] | { readonly texts: readonly string[]; readonly delayMs: number } | { readonly bytes: Buffer };

export interface Proxy {
  readonly url: string;
  /** Everything is handed on while there is none. */
  tamper: Tamper | undefined;
  /** As a process that dies: ends all connections, and takes no more. */
  readonly kill: () => void;
}

/** The server's side of one connection, cut into frames. */
class FrameFilter {
  #rest: Buffer = Buffer.alloc(0);
  #isUpgraded = false;
  #events = 0;
  #until: Promise<void> = Promise.resolve();
  readonly #client: Socket;
  readonly #proxy: Proxy;
  readonly #number: () => number;
  #connection = -1;

  constructor(client: Socket, proxy: Proxy, number: () => number) {
    this.#client = client;
    this.#proxy = proxy;
    this.#number = number;
  }

  take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    if (!this.#isUpgraded) {
      const end = this.#rest.indexOf("\r\n\r\n");
      const isUpgrade = this.#rest.toString("latin1", 0, 12) === "HTTP/1.1 101";
      if (end < 0 || !isUpgrade) {
        if (isUpgrade) return;
        this.#send(this.#rest);
        this.#rest = Buffer.alloc(0);
        return;
      }
      this.#isUpgraded = true;
      this.#connection = this.#number();
      this.#send(this.#rest.subarray(0, end + 4));
      this.#rest = this.#rest.subarray(end + 4);
    }
    this.#takeFrames();
  }

  #takeFrames(): void {
    const header = createFrameHeader();
    while (readFrameHeader(this.#rest, 0, this.#rest.length, header)) {
      const size = header.payloadOffset + header.payloadBytes;
      if (this.#rest.length < size) return;
      const frame = this.#rest.subarray(0, size);
      this.#rest = this.#rest.subarray(size);
      const payload = frame.toString("utf8", header.payloadOffset);
      if (header.opcode === 1 && payload.startsWith("42")) this.#event(payload.slice(2));
      else this.#send(frame);
    }
  }

  #event(text: string): void {
    const { tamper } = this.#proxy;
    if (tamper === undefined) return this.#send(encodeTextFrames([text]).bytes);
    const event = { connection: this.#connection, index: this.#events++, text, cut: () => this.#client.destroy() };
    const answer = tamper(event);
    if ("bytes" in answer) return this.#send(answer.bytes);
    const { texts, delayMs } = "delayMs" in answer ? answer : { texts: answer, delayMs: 0 };
    if (delayMs > 0) {
      const before = this.#until;
      this.#until = before.then(() => new Promise((resolve) => setTimeout(resolve, delayMs)));
    }
    if (texts.length > 0) this.#send(encodeTextFrames(texts).bytes);
  }

  /** In order, also behind a delay. */
  #send(bytes: Buffer): void {
    const copy = Buffer.from(bytes);
    void this.#until.then(() => this.#client.destroyed || this.#client.write(copy));
  }
}

/** The proxy reads frames, which would be compressed otherwise: it takes the offer out, as one may. */
function withoutOffer(chunk: Buffer): Buffer {
  const isUpgrade = chunk.subarray(0, 4).equals(Buffer.from("GET "));
  return isUpgrade
    ? Buffer.from(chunk.toString("latin1").replace(/^Sec-WebSocket-Extensions:.*\r\n/im, ""), "latin1")
    : chunk;
}

export async function startProxy(targetUrl: string): Promise<Proxy> {
  const target = new URL(targetUrl);
  let upgraded = 0;
  const clients = new Set<Socket>();
  const kill = (): void => {
    server.close();
    for (const client of clients) client.destroy();
  };
  const proxy: Proxy = { url: "", tamper: undefined, kill };
  const server = createServer((client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    clients.add(client);
    client.on("close", () => clients.delete(client));
    const filter = new FrameFilter(client, proxy, () => upgraded++);
    client.on("data", (chunk) => upstream.write(withoutOffer(chunk)));
    upstream.on("data", (chunk) => filter.take(chunk));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  Object.assign(proxy, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  return proxy;
}

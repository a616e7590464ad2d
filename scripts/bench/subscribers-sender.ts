/**
 * The sender of the subscribers benchmark: as small a server as a subscriber accepts, so that the receivers are what is
 * measured.
 *
 * It accepts WebSocket upgrades, opens Engine.IO and Socket.IO without reading what it is sent, and writes each tick to
 * every subscriber as one buffer.
 */
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { encodeTextFrames } from "../../loadtest/core/frames.js";
import { encodeEvent } from "../../schemas/event-text.js";
import { SharedDeflate } from "../../server/realtime/shared-deflate.js";
import { encodeBatch, eventType } from "../../server/realtime/wire-batch.js";
import { createWorld, shippedScenarios } from "../../simulator/index.js";
import { type ServerPorts, type Span, TickLoop, type TickRun, listen } from "./tick-loop.js";

/** Whose ticks are sent: a dozen events each, or the many that load tests are run with. */
export type BenchScenario = "trading-day" | "stress";

const acceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Longer than any run, so that no heartbeat falls into one. */
const heartbeatMs = 3_600_000;
const ticksInFlightMax = 3;
const backlog = 16_384;

/** The ticks of one world, as the event arrays that go over the wire; ticks without events are left out. */
export function* streamOfTicks(name: BenchScenario): Generator<readonly string[], never> {
  const scenario = shippedScenarios.get(name);
  if (scenario === undefined) throw new Error(`the scenario ${name} is not shipped`);
  const world = createWorld({ seed: "42", scenario });
  for (;;) {
    const texts = world.step().events.map(encodeEvent);
    if (texts.length > 0) yield texts;
  }
}

/** A short unmasked text frame. */
function frame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]);
}

const openPacket = frame(
  `0${JSON.stringify({ sid: "s", upgrades: [], pingInterval: heartbeatMs, pingTimeout: heartbeatMs })}`,
);
const connectPacket = frame(`40${JSON.stringify({ sid: "s" })}`);

const subscribers = new Set<Socket>();
/** Those that take compressed messages. */
const compressed = new Set<Socket>();
const deflate = new SharedDeflate({ keyIntervalMs: Infinity, reportMissing: fail });

function fail(member: string): never {
  throw new Error(`${member} is missing`);
}

/** A tick in the shared deflate stream, as a server writes it; its history is never cut. */
function compress(texts: readonly string[]): Buffer {
  deflate.noteFollower();
  deflate.noteWaiting();
  const packets = texts.map((text) => ({ event: "", text: `${eventType}${text}`, conflationKey: null }));
  return deflate.compress(encodeBatch(packets)).compressed!.bytes;
}

const loop = new TickLoop();
const httpServer = createServer((_request, response) => response.writeHead(404).end());
httpServer.on("upgrade", (request, socket: Socket) => {
  const key = `${request.headers["sec-websocket-key"]}${acceptSuffix}`;
  const accept = createHash("sha1").update(key).digest("base64");
  const takesDeflate = request.headers["sec-websocket-extensions"] !== undefined;
  const extensions = takesDeflate ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "";
  socket.setNoDelay();
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${extensions}\r\n`,
  );
  socket.write(openPacket);
  socket.once("data", () => {
    socket.write(connectPacket);
    socket.resume();
    (takesDeflate ? compressed : subscribers).add(socket);
  });
  socket.on("error", () => {});
  socket.on("close", () => subscribers.delete(socket) || compressed.delete(socket));
});

export const handlers = {
  async start(): Promise<ServerPorts> {
    return { server: await listen(httpServer, backlog), control: await loop.listen() };
  },

  run({ scenario, ...span }: Span & { readonly scenario: BenchScenario }): Promise<TickRun> {
    const ticks = streamOfTicks(scenario);
    function sendTick(): void {
      const texts = ticks.next().value;
      const { bytes } = encodeTextFrames(texts);
      for (const socket of subscribers) socket.write(bytes);
      if (compressed.size === 0) return;
      const fewer = compress(texts);
      for (const socket of compressed) socket.write(fewer);
    }
    return loop.run(sendTick, ticksInFlightMax, span);
  },
};

/**
 * The sender of the subscribers benchmark, in its own process: as little server as a subscriber can be
 * made to believe in, so that the receivers are what is measured.
 *
 * It accepts WebSocket upgrades, opens Engine.IO and Socket.IO without looking at what it is sent, and
 * writes each tick to every subscriber as one buffer. A byte on the control connection says that a tick
 * has reached its last subscriber.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, type Server as NetServer, type Socket, createServer as createNetServer } from "node:net";
import { encodeTextFrames } from "../../loadtest/frames.js";
import { type RunCommand, type SenderCommand, type SenderReport, streamOfTicks } from "./subscribers-messages.js";

const acceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Longer than any run, so that no heartbeat falls into one. */
const heartbeatMs = 3_600_000;
const ticksOnTheWayMax = 3;

const subscribers = new Set<Socket>();

/** A short unmasked text frame. */
function frame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]);
}

const openPacket = frame(
  `0${JSON.stringify({ sid: "s", upgrades: [], pingInterval: heartbeatMs, pingTimeout: heartbeatMs })}`,
);
const connectPacket = frame(`40${JSON.stringify({ sid: "s" })}`);

const httpServer = createServer((_request, response) => response.writeHead(404).end());
httpServer.on("upgrade", (request, socket: Socket) => {
  const key = `${request.headers["sec-websocket-key"]}${acceptSuffix}`;
  const accept = createHash("sha1").update(key).digest("base64");
  socket.setNoDelay();
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.write(openPacket);
  socket.once("data", () => {
    socket.write(connectPacket);
    socket.resume();
    subscribers.add(socket);
  });
  socket.on("error", () => {});
  socket.on("close", () => subscribers.delete(socket));
});

function send(texts: readonly string[]): void {
  const { bytes } = encodeTextFrames(texts);
  for (const socket of subscribers) socket.write(bytes);
}

/** Keeps a few ticks on the way until both minima are reached and everything has arrived. */
function run(
  control: Socket,
  { scenario, durationMsMin, ticksMin }: RunCommand,
): Promise<{ ticks: number; wallMs: number }> {
  const ticks = streamOfTicks(scenario);
  const startedMs = performance.now();
  let sent = 0;
  let arrived = 0;
  const isEnough = () => sent >= ticksMin && performance.now() - startedMs >= durationMsMin;
  return new Promise((resolve) => {
    function sendMore(): void {
      while (sent - arrived < ticksOnTheWayMax && !isEnough()) {
        send(ticks.next().value);
        sent += 1;
      }
    }
    function onArrived(bytes: Buffer): void {
      arrived += bytes.length;
      sendMore();
      if (arrived < sent) return;
      control.off("data", onArrived);
      resolve({ ticks: sent, wallMs: performance.now() - startedMs });
    }
    control.on("data", onArrived);
    sendMore();
  });
}

async function listen(server: NetServer): Promise<number> {
  server.listen(0, "127.0.0.1", 16_384);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function report(message: SenderReport): void {
  process.send?.(message);
}

const controlServer = createNetServer({ noDelay: true });
const controlConnection = once(controlServer, "connection") as Promise<[Socket]>;
process.on("message", (command: SenderCommand) => {
  void controlConnection.then(([control]) => run(control, command.run)).then((ran) => report({ ran }));
});
process.on("disconnect", () => process.exit());
report({ port: { server: await listen(httpServer), control: await listen(controlServer) } });

/** A stock Socket.IO server that is no max-harness: its payloads' timestamps are whatever the test wants. */
import { once } from "node:events";
import { type RequestListener, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type Socket } from "socket.io";
import { onTestFinished } from "vitest";
import type { Summary } from "../schemas/index.js";
import { attack, shortPlan } from "./loadtest.fixture.js";
import type { LoadtestOptions } from "./index.js";

const everyMs = 10;

/** What the timestamp of an event says that is emitted at this instant of the wall clock; undefined leaves it out. */
export type Stamp = (nowMs: number) => string | undefined;

/** Whether a subscriber is let in. */
export type Admit = (socket: Socket) => boolean;

/** Answers whatever is not Socket.IO's. */
const absent: RequestListener = (_, response) => void response.writeHead(404).end();

/** Broadcasts an index, a candle and a message, again and again. */
export async function startForeign(stamp: Stamp, admit: Admit = () => true, answer = absent): Promise<string> {
  const http = createServer(answer);
  const io = new Server(http, { serveClient: false });
  io.use((socket, next) => next(admit(socket) ? undefined : new Error("not this one")));
  let count = 0;
  const timer = setInterval(() => {
    count += 1;
    const timestamp = stamp(Date.now());
    io.emit("market:update", { indexValue: count, timestamp });
    io.emit("sector:candle_update", {
      sectorId: "tech-001",
      candle: { timestamp: "2001-01-01T00:00:00Z", value: count },
    });
    const id = `msg-${count}`;
    const author = { authorId: "agent-789", authorName: "Trading Agent", type: "text" };
    io.emit("discussion:new_message", {
      discussionId: "disc-123",
      message: { id, content: "Up", ...author, timestamp },
    });
    io.emit("agent:status_update", { agentId: "agent-789", status: "active" });
  }, everyMs);
  await once(http.listen(0, "127.0.0.1"), "listening");
  onTestFinished(async () => {
    clearInterval(timer);
    const closed = io.close();
    http.closeAllConnections();
    await closed;
  });
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

export async function attackForeign(url: string, options: Partial<LoadtestOptions> = {}): Promise<Summary> {
  const plan = { ...shortPlan, control: { websocket: 1, polling: 0 } };
  const { summary } = await attack({ url }, { plan, ...options });
  return summary;
}

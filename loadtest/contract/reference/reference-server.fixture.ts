/**
 * A second, independent server of the contract: bare node:http and stock Socket.IO, a switch for each defect.
 *
 * Without a defect it keeps the whole contract; that is what makes a finding on it mean something.
 */
import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type Socket } from "socket.io";
import { type Defect, type DefectName, type HasDefect, defects } from "./defects.fixture.js";
import { readRequest, sendJson, sendProblem } from "./reference-http.fixture.js";
import { createReferenceRoutes } from "./reference-routes.fixture.js";
import { createReferenceExtensions } from "./reference-simulation.fixture.js";
import {
  type ReferenceAgent,
  type ReferenceMessage,
  type ReferenceWorld,
  createReferenceWorld,
  instantOf,
} from "./reference-world.fixture.js";

export interface ReferenceServer extends AsyncDisposable {
  readonly url: string;
}

const tickEveryMs = 40;
/** Where the events are only what goes on beside the requests, and are received and judged for nothing. */
const quietTickEveryMs = 200;
const lateMs = 700;

function isAboutRequests({ profile, only }: Defect): boolean {
  return profile !== "realtime" && !only.includes("following");
}

type Emit = (event: string, ...args: unknown[]) => void;

/** An event as it is emitted: its name, then its arguments. */
export type ReferenceEvent = readonly [string, ...unknown[]];

/** What a tick sends, spoiled where a defect says so. */
export function tickEvents(world: ReferenceWorld, has: HasDefect, tick: number): ReferenceEvent[] {
  const { sectors, agent, message } = world.step();
  const at = instantOf(has("time-backwards") ? world.nowMs - (tick % 2) * 60_000 : world.nowMs);
  const events: ReferenceEvent[] = [];
  for (const { id, value } of sectors) {
    const update: Record<string, unknown> = {
      sectorId: has("event-of-unknown-id") ? `${id}-x` : id,
      value,
      timestamp: at,
    };
    if (has("field-missing")) delete update["timestamp"];
    if (has("value-as-text")) update["value"] = String(value);
    if (has("naive-timestamp")) update["timestamp"] = at.slice(0, -1);
    if (has("offset-timestamp")) update["timestamp"] = at.replace("Z", "+00:00");
    if (has("update-of-nothing")) delete update["value"];
    if (has("extra-event-field")) update["mood"] = "good";
    events.push(has("second-argument") ? ["market:update", update, 2] : ["market:update", update]);
    const bucket = world.candles(id, "1m").at(-1);
    if (bucket === undefined) continue;
    const { timestampMs, open, close } = bucket;
    const [low, high] = has("low-above-high") ? [bucket.high + 1, bucket.low] : [bucket.low, bucket.high];
    events.push([
      "sector:candle_update",
      {
        sectorId: id,
        candle: {
          timestamp: instantOf(timestampMs),
          value: has("value-not-close") ? close + 1 : close,
          open,
          high,
          low,
          close,
        },
      },
    ]);
  }
  const index = sectors.reduce((sum, { value }) => sum + value, 0);
  events.push(["market:update", { indexValue: Math.round(index * 100) / 100, timestamp: at }]);
  if (!has("event-never-sent"))
    events.push(["agent:status_update", { agentId: agent.id, status: has("empty-status") ? "" : agent.status }]);
  events.push(messageEvent(message));
  if (has("message-twice")) events.push(messageEvent(message));
  if (has("fifth-event")) events.push(["market:closed", { timestamp: at }]);
  return events;
}

function messageEvent({ discussionId, ...message }: ReferenceMessage): [string, unknown] {
  return ["discussion:new_message", { discussionId, message }];
}

/** What a subscriber over polling gets of a tick's events. */
export function pollingEvents(
  events: readonly ReferenceEvent[],
  has: HasDefect,
  tick: number,
): readonly ReferenceEvent[] {
  if (has("polling-disordered")) return events.toReversed();
  if (has("polling-loses") && tick % 3 === 0) return events.filter(([event]) => event !== "discussion:new_message");
  return events;
}

/** Packets that no stock emit would write. */
export function rawPackets(has: HasDefect, at: string): string[] {
  const packets: string[] = [];
  if (has("event-with-nan")) packets.push(`2["market:update",{"indexValue":NaN,"timestamp":"${at}"}]`);
  if (has("event-duplicate-key"))
    packets.push(`2["market:update",{"indexValue":1,"indexValue":2,"timestamp":"${at}"}]`);
  if (has("event-big-integer")) packets.push(`2["market:update",{"indexValue":9007199254740993,"timestamp":"${at}"}]`);
  if (has("event-surrogate")) packets.push(`2["agent:status_update",{"agentId":"agent-1","status":"half \\ud83d"}]`);
  return packets;
}

function isPolling(socket: Socket): boolean {
  return socket.conn.transport.name === "polling";
}

function spoilRequest(request: IncomingMessage, response: ServerResponse, has: HasDefect): boolean {
  if (request.method === "DELETE" && has("deletion-hangs")) return true;
  if (request.url?.startsWith("/api/agents") !== true) return false;
  if (has("read-hangs")) return true;
  if (has("read-closes")) request.socket.destroy();
  else if (has("read-streams")) {
    response.writeHead(200, { "content-type": "application/json" });
    const flood = (): void => {
      while (!response.destroyed && response.write("[".repeat(65_536)));
    };
    response.on("drain", flood);
    flood();
  } else if (has("body-with-nan") && request.url === "/api/agents?limit=200") {
    response.writeHead(200, { "content-type": "application/json" }).end('{"data":[],"nextCursor":null,"hasMore":NaN}');
  } else return false;
  return true;
}

/** Starts the reference server on a free port, with defects planted in it. */
export async function startReferenceServer(...planted: readonly DefectName[]): Promise<ReferenceServer> {
  return await startObservedServer(planted, () => {});
}

/** The same with what it may have beyond the documented API: a simulation, probes, documents. */
export async function startExtendedReferenceServer(...planted: readonly DefectName[]): Promise<ReferenceServer> {
  return await startObservedServer(planted, () => {}, { isExtended: true });
}

/** The same for an observer in this process, who sees each event as it is emitted. */
export async function startObservedServer(
  planted: readonly DefectName[],
  observe: (event: ReferenceEvent) => void,
  { isExtended = false } = {},
): Promise<ReferenceServer> {
  const extensions = isExtended ? createReferenceExtensions((name) => planted.includes(name)) : undefined;
  const has: HasDefect = (name) => planted.includes(name);
  const isQuiet = planted.length > 0 && planted.every((name) => isAboutRequests(defects[name]));
  const everyMs = isQuiet ? quietTickEveryMs : tickEveryMs;
  const world = createReferenceWorld();
  const http = createServer();
  const transports = (["polling", "websocket"] as const).filter((name) => !has(`no-${name}`));
  const io = new Server(http, { transports: [...transports], cors: { origin: "*" } });
  const emit: Emit = (event, ...args) => {
    observe([event, ...args]);
    io.emit(event, ...args);
  };

  const route = createReferenceRoutes(
    world,
    {
      message(message) {
        const sent = has("event-other-author") ? { ...message, authorName: "Somebody else" } : message;
        const send = (): void => emit(...messageEvent(sent));
        if (has("event-late")) setTimeout(send, lateMs);
        else if (!has("post-not-sent")) send();
      },
      status({ id, sectorId, status }: ReferenceAgent) {
        if (!has("event-never-sent"))
          emit("agent:status_update", { agentId: id, status, ...(sectorId === undefined ? {} : { sectorId }) });
      },
    },
    has,
  );

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (spoilRequest(request, response, has) || extensions?.answer(request, response) === true) return;
    const path = (request.url ?? "/").split("?")[0];
    try {
      const asked = await readRequest(request, has);
      if (has("unsafe-input-kills") && asked.text.includes("1e999")) return await close();
      const reply = route(asked);
      if (reply.body === undefined) response.writeHead(reply.status, reply.headers).end();
      else sendJson(response, reply.status, reply.body, has, reply.headers);
    } catch (error) {
      sendProblem(response, error, path, has);
    }
  }
  http.on("request", (request, response) => {
    if (request.url?.startsWith("/socket.io/") !== true) void answer(request, response);
  });

  if (has("subscribers-thrown-out"))
    io.on("connection", (socket) => void setTimeout(() => socket.disconnect(true), 150));

  let tick = 0;
  const timer = setInterval(() => {
    tick += 1;
    const events = tickEvents(world, has, tick);
    for (const event of events) observe(event);
    for (const socket of io.sockets.sockets.values()) {
      const own = isPolling(socket) ? pollingEvents(events, has, tick) : events;
      for (const [event, ...args] of own) socket.emit(event, ...args);
      for (const packet of rawPackets(has, instantOf(world.nowMs))) socket.conn.write(packet);
    }
  }, everyMs);

  async function close(): Promise<void> {
    clearInterval(timer);
    extensions?.close();
    const closed = io.close();
    http.closeAllConnections();
    await closed;
  }

  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: close,
  };
}

/** What the stock client is given beside its own habits: cookies by polling, limits, and names for what it rejects. */
import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type { StreamMatcher } from "../oracle/stream-matcher.js";
import { ControlSubscriber } from "./control-subscriber.js";
import { messageBytesMax } from "./message-reader.js";
import { connectPacket, openPacket } from "./thin-subscriber.fixture.js";

interface Happened {
  readonly what: string[];
  readonly violations: string[];
}

function subscribe(kind: "websocket" | "polling", port: number, headers: Record<string, string> = {}): Happened {
  const happened: Happened = { what: [], violations: [] };
  const target = { origin: `http://127.0.0.1:${port}`, path: "/socket.io/", headers, auth: undefined };
  const matcher = { frame: () => {} } as unknown as StreamMatcher;
  const subscriber = new ControlSubscriber(kind, target, matcher, {
    connected: () => happened.what.push("connected"),
    refused: (_, reason) => happened.what.push(`refused: ${reason}`),
    dropped: (_, reason) => happened.what.push(`dropped: ${reason}`),
    delivered: () => {},
    judged: () => {},
    violated: ({ fault }) => happened.violations.push(`${fault.event} ${fault.keyword}`),
  });
  onTestFinished(() => subscriber.close());
  subscriber.open();
  return happened;
}

/** Answers polls; `poll` those of a session. */
async function startPolling(
  poll: (request: IncomingMessage, response: ServerResponse) => void,
  cookies: readonly string[] = [],
): Promise<number> {
  const server = createServer((request, response) => {
    if (request.method === "POST") response.end("ok");
    else if (request.url?.includes("sid=") === true) poll(request, response);
    else response.writeHead(200, { "set-cookie": [...cookies] }).end(openPacket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test("a polling subscriber keeps the cookies of a balancer, beside those of the user", async () => {
  let seen: string | undefined;
  const cookies = ["srv=a; Path=/; HttpOnly; SameSite=Lax", "lb=b; Max-Age=100", "gone=c; Max-Age=0"];
  const port = await startPolling((request, response) => {
    if (seen !== undefined) return;
    seen = request.headers.cookie;
    response.end(connectPacket);
  }, cookies);
  const { what } = subscribe("polling", port, { Cookie: "mine=1; yours=2" });
  await expect.poll(() => what.length).toBeGreaterThan(0);
  expect(what).toEqual(["connected"]);
  expect(seen?.split("; ").toSorted()).toEqual(["lb=b", "mine=1", "srv=a", "yours=2"]);
});

test("a polling answer without end is given up at its limit", async () => {
  const part = Buffer.alloc(1_000_000, 0x20);
  const port = await startPolling((_, response) => {
    const more = (): void => void response.write(part, () => response.destroyed || more());
    more();
  });
  const { what } = subscribe("polling", port);
  await expect.poll(() => what.length).toBeGreaterThan(0);
  expect(what).toEqual(["refused: more than 8000000 bytes in one polling answer"]);
});

async function startWebSockets(serve: (socket: WebSocket, connection: Socket) => void): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (socket, { socket: connection }) => {
    socket.on("error", () => {});
    socket.send(openPacket);
    socket.once("message", () => {
      socket.send(connectPacket);
      serve(socket, connection);
    });
  });
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test("a server that never reads the answers to its pings loses the subscriber at a limit", async () => {
  const port = await startWebSockets((socket, connection) => {
    connection.pause();
    const more = (): void => {
      for (let count = 0; count < 2_000; count += 1) socket.ping(Buffer.alloc(125));
      if (!connection.destroyed) setImmediate(more);
    };
    more();
  });
  const { what } = subscribe("websocket", port);
  await expect.poll(() => what.length).toBeGreaterThan(1);
  expect(what).toEqual([
    "connected",
    "dropped: more than 65536 bytes of answers to pings that the server does not read",
  ]);
});

test.each([
  ["a message that is too long", "WebSocket WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", `42["${"x".repeat(messageBytesMax)}"]`],
  ["a binary message without a packet", "Socket.IO parse", Buffer.from("abc")],
  ["a packet of no type", "Engine.IO parse", "x"],
  ["a payload that is no event", "Socket.IO parse", "42{}"],
])("%s ends the stock client, and is named", async (_, violation, message) => {
  const { what, violations } = subscribe("websocket", await startWebSockets((socket) => socket.send(message)));
  await vi.waitUntil(() => violations.length > 0);
  expect(violations).toEqual([violation]);
  // What comes with the connect packet is looked at before that packet.
  expect(what.at(-1)).toMatch(/^(?:dropped|refused): the stock client: /);
});

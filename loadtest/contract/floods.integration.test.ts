/** A server that sends more than can be kept, or larger things than can be judged, ends the run and holds nobody up. */
import { createServer } from "node:http";
import { type Socket, Server } from "socket.io";
import { expect, onTestFinished, test } from "vitest";
import { type HostileServer, listenOn } from "./hostile-server.fixture.js";
import { runContract } from "./index.js";

type Connection = Socket["conn"];

/** A Socket.IO server that sends such packets to every subscriber, without a pause. */
async function startFlood(send: (conn: Connection, n: number) => void, every = 1): Promise<HostileServer> {
  const http = createServer((_request, response) => void response.end("{}"));
  const io = new Server(http);
  let sent = 0;
  const flooding = setInterval(() => {
    for (const { conn } of io.sockets.sockets.values()) for (let n = 0; n < every; n += 1) send(conn, (sent += 1));
  }, 1);
  onTestFinished(async () => {
    clearInterval(flooding);
    await io.close();
  });
  return await listenOn(http);
}

const floods: readonly (readonly [string, (n: number) => string, number])[] = [
  ["distinct events", (n) => `2["agent:status_update",{"agentId":"a-${n}","status":"idle"}]`, 50],
  ["distinct names", (n) => `2["${n}${"x".repeat(9000)}",{}]`, 2],
  ["packets of no use", () => "3[]", 50],
];

test.each(floods)("a flood of %s ends the run, which is no pass and no failure", async (_what, packet, every) => {
  const server = await startFlood((conn, n) => conn.write(packet(n)), every);
  const result = await runContract({
    url: server.url,
    // Longer than any test may take.
    forMs: 600_000,
    profile: "realtime",
    limits: { packetsMax: 1000, packetCharactersMax: 1_000_000 },
  });
  expect(result.verdict).toBe("INVALID");
  expect(result.reasons).toEqual([
    expect.stringMatching(
      /^event-flood: \w+: sent \d+ packets with \d+ characters; inconclusive, because no more is kept/,
    ),
  ]);
});

test("an event that is nested too deep, or too long, is named and judged no further", async () => {
  const deep = `2["market:update",${"[".repeat(50_000)}${"]".repeat(50_000)}]`;
  const packets = [deep, `2["market:update",{"sectorId":"${"x".repeat(9_000_000)}"}]`];
  const sent = new Map<Connection, number>();
  const server = await startFlood((conn) => {
    const at = sent.get(conn) ?? 0;
    sent.set(conn, at + 1);
    if (at < packets.length) conn.write(packets[at]);
  });
  const result = await runContract({ url: server.url, forMs: 4000, profile: "realtime", expect: [] });
  const details = result.findings.map(({ rule, subject, detail }) => `${rule} ${subject}: ${detail}`);
  expect(details).toContain("event-size Socket.IO: an event is nested deeper than 200");
  expect(details).toContain(
    "connection-lasts websocket: the connection ended while listening: the stock client: Max payload size exceeded",
  );
  expect(details).toContain(
    "connection-lasts polling: the connection ended while listening: more than 8000000 bytes in one polling answer",
  );
});

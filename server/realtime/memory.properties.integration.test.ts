/** What peers cost the server's memory: nothing once they are gone, and a bounded share while they do not read. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { constants, deflateRawSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { RawClient, compressedBit, maskedFrame, pingOpcode, textOpcode } from "./raw-client.fixture.js";
import type { RealtimeCounters } from "./counters.js";
import { slowSubscriberDefaults } from "./slow-policy.js";
import { amount } from "../../schemas/amount.fixture.js";

interface Report {
  /** Heap and buffers after a garbage collection. */
  readonly bytes: number;
  readonly connections: number;
  readonly clients: number;
  readonly counters: RealtimeCounters;
}

async function startServer() {
  const server = fork(fileURLToPath(new URL("memory-server.fixture.mjs", import.meta.url)), {
    execArgv: ["--expose-gc"],
  });
  onTestFinished(() => void server.kill());
  const gone = once(server, "exit").then(() => {
    throw new Error("the server's process ended: its stderr says why; `npm run build` if dist is outdated");
  });
  const [{ port }] = (await Promise.race([once(server, "message"), gone])) as [{ port: number }];
  gone.catch(() => {});
  async function ask(order: "measure" | "fill"): Promise<Report> {
    server.send(order);
    const [report] = (await once(server, "message")) as [Report];
    return report;
  }
  return { port, ask };
}

/** Sends this and waits for nothing. */
async function sendAlone(port: number, start: string): Promise<void> {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  socket.resume().write(start);
  await once(socket, "connect");
}

/** A message that inflates to a thousand times its size. */
const bomb = deflateRawSync("x".repeat(12_000), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);

/** What the attackers do; the server gets rid of them by itself. */
const attacks: readonly ((port: number) => Promise<unknown>)[] = [
  async function floodOfPings(port) {
    const client = await RawClient.join(port);
    client.socket.write(Buffer.concat(Array.from({ length: 200 }, () => maskedFrame(pingOpcode, "x".repeat(125)))));
  },
  async function tooLargeMessage(port) {
    const client = await RawClient.join(port);
    client.sendText(`42["x","${"y".repeat(20_000)}"]`);
  },
  async function compressionBomb(port) {
    const client = await RawClient.open(port, "permessage-deflate");
    client.socket.write(maskedFrame(textOpcode | compressedBit, bomb));
  },
  (port) => RawClient.open(port, "permessage-deflate; server_max_window_bits=16"),
  (port) => sendAlone(port, `GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ${"x".repeat(1_000)}`),
  (port) => sendAlone(port, "PROXY TCP4 203.0.113.9 "),
  (port) => sendAlone(port, `PROXY ${"x".repeat(1_000)}`),
  (port) => RawClient.open(port),
  (port) => fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`, { headers: { connection: "close" } }),
];
const attackersPerRound = 40 * attacks.length;
const rounds = amount(4, 25);
/** What an attacker may leave behind at most: a connection, a request or a subscriber that stayed would show. */
const bytesEachMax = 600;

test("attacks leave the memory where it was, however many there are", async () => {
  const { port, ask } = await startServer();
  async function round(): Promise<Report> {
    const attackers = Array.from({ length: attackersPerRound }, (_, index) => attacks[index % attacks.length](port));
    // On a busy machine some are gone before they could begin.
    await Promise.allSettled(attackers);
    for (;;) {
      const report = await ask("measure");
      if (report.connections === 0 && report.clients === 0) return report;
    }
  }
  // The first ones leave compiled code behind.
  for (let count = 0; count < 2; count++) await round();
  const { bytes: before } = await round();
  let after = await round();
  for (let count = 1; count < rounds; count++) after = await round();
  expect(after.bytes - before).toBeLessThan(rounds * attackersPerRound * bytesEachMax);
  for (const reason of ["pingFlood", "slowRequest", "proxyHeader", "inflateSize"])
    expect(after.counters.inboundRefused[reason]).toBeGreaterThan(0);
  expect(after.counters.handshakesRefused["unfinished"]).toBeGreaterThan(0);
  expect(after.counters.connectionsClosed["transport error"]).toBeGreaterThan(0);
});

test("a subscriber that stops reading holds less of the memory than twice the hard limit", async () => {
  const { port, ask } = await startServer();
  const { bytes: before } = await ask("measure");
  const client = await RawClient.join(port);
  client.socket.pause();
  const { bytes, counters } = await ask("fill");
  const held = (bytes - before) / slowSubscriberDefaults.hardBacklogBytesMax;
  process.stdout.write(`a subscriber that stopped reading held ${held.toFixed(1)} times the hard limit\n`);
  expect(counters.slowClosed).toEqual({ backlogBytes: 1 });
  expect(held).toBeGreaterThan(0.5);
  expect(held).toBeLessThan(2);
  client.socket.destroy();
});

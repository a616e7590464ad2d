/**
 * A realtime room in a process of its own, for tests of its memory. Needs --expose-gc.
 * Says its port, and after each message how much memory is in use and how many connections are open.
 */
import { createServer } from "node:http";
import { ClientAddresses } from "../../dist/server/http/client-addresses.js";
import { limitHttpServer } from "../../dist/server/http/http-limits.js";
import { createRealtime } from "../../dist/server/realtime/index.js";

const httpServer = createServer((_request, response) => void response.writeHead(404).end());
limitHttpServer(httpServer, { headersMsMax: 700, checkIntervalMs: 50 });
const addresses = new ClientAddresses(["127.0.0.1"]);
addresses.follow(httpServer);
const realtime = createRealtime({
  httpServer,
  nowMs: () => 0,
  limits: { handshakeMsMax: 700 },
  clientAddress: addresses.of,
});
realtime.attach();
// Engine.IO would give a polling client half a minute for a last poll.
realtime.io.engine.on("connection", ({ transport }) => void (transport.closeTimeout = 100));
httpServer.listen(0, "127.0.0.1", () => process.send({ port: httpServer.address().port }));

const turn = () => new Promise((resolve) => setImmediate(resolve));
const message = { content: "m".repeat(4_000), authorId: "agent-789" };

/** Broadcasts until the subscriber who does not read is closed; the most memory in use meanwhile. */
async function fill() {
  let bytesMax = 0;
  for (let count = 0; realtime.clientsCount() > 0; count++) {
    realtime.batch(() => {
      for (let index = 0; index < 10; index++)
        realtime.broadcastNewMessage({
          discussionId: "disc-123",
          message: { ...message, id: `msg-${count}-${index}` },
        });
    });
    await turn();
    if (count % 10 === 0) bytesMax = Math.max(bytesMax, await bytesInUse());
  }
  return bytesMax;
}

async function bytesInUse() {
  globalThis.gc();
  await turn();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

process.on("message", async (order) => {
  const bytes = order === "fill" ? await fill() : await bytesInUse();
  const connections = await new Promise((resolve) => httpServer.getConnections((_error, count) => resolve(count)));
  process.send({ bytes, connections, clients: realtime.clientsCount(), counters: realtime.counters });
});
process.on("disconnect", () => process.exit());

/** Many subscribers on one host connect from many loopback addresses: one has too few ports. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { StreamMatcher } from "../oracle/stream-matcher.js";
import { ConnectionManager } from "./connection-manager.js";

test.runIf(process.platform === "linux")("subscribers connect from the addresses in turn", async () => {
  const seen: (string | undefined)[] = [];
  const server = createServer((socket) => {
    seen.push(socket.remoteAddress);
    if (seen.length === 6) server.emit("complete");
    socket.resume();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = {
    index: 0,
    targets: [{ origin, path: "/socket.io/", headers: {}, auth: undefined }],
    firstTarget: 0,
    learning: false,
    agreeing: false,
    control: { websocket: 0, polling: 0 },
    slowReaders: undefined,
    sources: { addresses: ["127.0.0.2", "127.0.0.3"], perAddress: 2 },
    connectingMax: 10,
    sessionTimeoutMs: 20_000,
    compression: false,
    busyPolling: false,
  };
  // Nobody gets a session, so nobody is followed.
  const nothing = () => {};
  const deliveries = { delivered: nothing, judged: nothing, violated: nothing };
  const follow = (id: number) => ({ id, kind: "thin" }) as StreamMatcher;
  const connections = new ConnectionManager(config, follow, deliveries);
  onTestFinished(() => {
    connections.closeAll();
    server.close();
  });
  connections.goTo(6, 0);
  await once(server, "complete");
  const [second, third] = ["127.0.0.2", "127.0.0.3"];
  expect(seen.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual([
    second,
    second,
    second,
    second,
    third,
    third,
  ]);
});

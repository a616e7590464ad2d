/** A server process that is told to stop lets its subscribers go in such a way that they come back elsewhere. */
import { io } from "socket.io-client";
import { expect, test } from "vitest";
import { startMaxCommand } from "./cli.fixture.js";

const clients = 20;

test("SIGTERM under load: every subscriber sees a transport close, and the process ends with 0", async () => {
  const demo = startMaxCommand("demo", "--port", "0", "--store", ":memory:", "--speed", "20", "--drain", "500ms");
  await demo.wrote("Ctrl-C ends it.");
  const url = /http:\/\/localhost:\d+/.exec(demo.stderr())?.[0] ?? "";
  const sockets = Array.from({ length: clients }, () =>
    io(url, { transports: ["websocket"], forceNew: true, reconnection: false }),
  );
  await Promise.all(
    sockets.map((socket) => new Promise<void>((resolve) => void socket.once("market:update", () => resolve()))),
  );
  const reasons = sockets.map((socket) => new Promise<string>((resolve) => void socket.once("disconnect", resolve)));
  demo.child.kill("SIGTERM");
  expect(new Set(await Promise.all(reasons))).toEqual(new Set(["transport close"]));
  expect((await demo.ended).code).toBe(0);
});

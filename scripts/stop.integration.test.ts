/** A server process that is told to stop closes its subscribers in such a way that they reconnect elsewhere. */
import { io } from "socket.io-client";
import { expect, test } from "vitest";
import { RawClient } from "../server/realtime/raw-client.fixture.js";
import { until } from "../server/realtime/realtime.fixture.js";
import { type Started, startMaxCommand, testToken } from "./cli.fixture.js";

const stockClients = 10;
const plainClients = 300;
/** For what comes besides closing subscribers, where other tests take nine tenths of the core: a hang takes for ever. */
const allowanceMs = 20_000;

interface Demo extends Started {
  readonly url: string;
  readonly port: number;
  readonly token: string;
}

async function startDemo(...flags: string[]): Promise<Demo> {
  const demo = startMaxCommand("demo", "--port", "0", "--store", ":memory:", ...flags);
  await demo.wrote("Ctrl-C ends it.");
  const [, url = ""] = /Console {4}(\S+)\/\n/.exec(demo.stderr()) ?? [];
  return { ...demo, url, port: Number(new URL(url).port), token: testToken };
}

/** Sends the signal and resolves with how the process ended, and how long it took. */
async function stop({ child, ended }: Demo) {
  const startedMs = performance.now();
  child.kill("SIGTERM");
  const { code } = await ended;
  return { code, tookMs: performance.now() - startedMs };
}

function joinPlainClients(port: number, count: number): Promise<RawClient[]> {
  return Promise.all(Array.from({ length: count }, () => RawClient.join(port)));
}

test("SIGTERM under load: every subscriber sees a transport close, and the process ends with 0 in time", async () => {
  const drainMs = 1_000;
  const demo = await startDemo("--speed", "20", "--drain", `${drainMs}ms`);
  const sockets = Array.from({ length: stockClients }, () =>
    io(demo.url, { transports: ["websocket"], forceNew: true, reconnection: false }),
  );
  await Promise.all(
    sockets.map((socket) => new Promise<void>((resolve) => void socket.once("market:update", () => resolve()))),
  );
  const reasons = sockets.map((socket) => new Promise<string>((resolve) => void socket.once("disconnect", resolve)));
  const plain = await joinPlainClients(demo.port, plainClients);
  const { code, tookMs } = await stop(demo);
  expect(new Set(await Promise.all(reasons))).toEqual(new Set(["transport close"]));
  await until(() => plain.every(({ isClosed }) => isClosed), "all connections are closed");
  // Socket.IO's own goodbye would tell them never to come back.
  expect(plain.filter(({ texts }) => texts.some((text) => text.startsWith("41")))).toEqual([]);
  expect(code).toBe(0);
  expect(tookMs).toBeLessThan(drainMs + allowanceMs);
});

test("a second signal ends the process at once", async () => {
  const demo = await startDemo("--drain", "60s");
  const plain = await joinPlainClients(demo.port, 20);
  // It does not poll again, so it cannot be told to go before the minute is over.
  const polling = `${demo.url}/socket.io/?EIO=4&transport=polling`;
  const { sid } = JSON.parse((await (await fetch(polling)).text()).slice(1)) as { sid: string };
  await fetch(`${polling}&sid=${sid}`, { method: "POST", body: "40" });
  demo.child.kill("SIGTERM");
  // They go one by one, twenty a second at most: long enough for the second signal to be no echo of the first.
  await until(() => plain.filter(({ isClosed }) => isClosed).length >= 10, "half of the subscribers have gone");
  const { code, tookMs } = await stop(demo);
  expect(code).toBe(0);
  expect(tookMs).toBeLessThan(allowanceMs);
});

test("a signal ends a long seek where it has come to", async () => {
  const demo = await startDemo("--clock", "manual", "--drain", "100ms");
  const seek = fetch(`${demo.url}/api/simulation/seek`, {
    method: "POST",
    headers: { authorization: `Bearer ${demo.token}`, "content-type": "application/json" },
    body: JSON.stringify({ to: 5_000_000 }),
  }).then(
    async (response) => ((await response.json()) as { tick: number }).tick,
    () => null,
  );
  let state = "";
  while (state !== "seeking") {
    ({ state } = (await (await fetch(`${demo.url}/api/simulation`)).json()) as { state: string });
  }
  expect((await stop(demo)).code).toBe(0);
  // It ended before the seek, which takes minutes.
  expect(await seek).toBeLessThan(5_000_000);
});

test("a terminal that is closed ends the process as SIGTERM does", async () => {
  const demo = await startDemo("--clock", "manual");
  demo.child.kill("SIGHUP");
  expect(await demo.ended).toMatchObject({ code: 0 });
});

test("SIGUSR1 does not open Node's debugger to the other processes of this machine", async () => {
  const demo = await startDemo("--clock", "manual");
  demo.child.kill("SIGUSR1");
  expect((await fetch(`${demo.url}/livez`)).status).toBe(200);
  await stop(demo);
  expect(demo.stderr()).not.toContain("Debugger");
});

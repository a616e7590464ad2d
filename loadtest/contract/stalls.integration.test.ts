/** A checker that stands still itself raises no false alarm. */
import { CookieJar } from "../core/cookies.js";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { inconclusiveAfterStall, startStallTolerantTimer, watchStalls } from "../core/stall-tolerant-timer.js";
import { createFindings } from "./core/findings.js";
import { createHttpClient } from "./rest/http-client.js";

/** Holds this thread up, without taking time from others. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** A server in a thread of its own, so that it goes on while this one stands still. It answers after 50 ms. */
async function startServer(): Promise<{ readonly url: string } & AsyncDisposable> {
  const worker = new Worker(
    `const { parentPort } = require("node:worker_threads");
     const server = require("node:http").createServer((_request, response) => void setTimeout(() => response.end("{}"), 50));
     server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));`,
    { eval: true },
  );
  const [port] = (await once(worker, "message")) as [number];
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => void (await worker.terminate()) };
}

test("an answer that came while the checker stood still came in time", async () => {
  await using server = await startServer();
  const stalls = watchStalls();
  const findings = createFindings();
  const { signal } = new AbortController();
  const http = createHttpClient({
    base: server.url,
    headers: {},
    answerMsMax: 1500,
    signal,
    grace: signal,
    stalls,
    shared: { isReached: false, deleted: new Set(), cookies: new CookieJar() },
  });
  const reply = http.send(findings.judge("core", "agents"), "GET /", { method: "GET", path: "/" });
  // After the request has left, in a turn of the loop that comes before its answer is read.
  setTimeout(() => standStill(3000), 20);
  expect((await reply).status).toBe(200);
  expect(findings.list()).toEqual([]);
  expect(stalls.longestSince(0)).toBeGreaterThanOrEqual(2900);
  stalls.stop();
});

test("what was there to be read when a limit ran out is read first", async () => {
  const order: string[] = [];
  const ended = new Promise<void>((resolve) => {
    startStallTolerantTimer(100, () => {
      order.push("limit");
      resolve();
    });
  });
  // As sockets are read: after the timers, in the same turn of the loop.
  setTimeout(() => {
    setImmediate(() => void order.push("read"));
    standStill(400);
  }, 10);
  await ended;
  expect(order).toEqual(["read", "limit"]);
});

test("a wait ends, however often the process stands still", async () => {
  let stalls = 0;
  const busy = setInterval(() => standStill(120), 1);
  await new Promise<void>((resolve) => {
    startStallTolerantTimer(150, resolve, () => (stalls += 1));
  });
  clearInterval(busy);
  expect(stalls).toBeGreaterThanOrEqual(2);
});

test("the reason names the stall, and lasts for a moment", () => {
  const watch = watchStalls();
  const now = performance.now();
  expect(inconclusiveAfterStall(watch, now)).toBeUndefined();
  standStill(1100);
  // It counts before any timer could notice it.
  expect(inconclusiveAfterStall(watch, now)).toMatch(/the checker itself stalled for 1\.\d s/);
  watch.stop();
});

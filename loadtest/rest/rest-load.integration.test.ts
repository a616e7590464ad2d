/** Whatever a server makes of REST requests, each is counted once as what it is, and none of it ends the load test. */
import { once } from "node:events";
import type { RequestListener } from "node:http";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, type Socket, createServer } from "node:net";
import { Server } from "socket.io";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Plan, PlanRest, PlanRoute, Summary } from "../../schemas/index.js";
import { formatResult } from "../report/terminal.js";
import { formatJunit } from "../report/junit.js";
import { formatMarkdown } from "../report/markdown.js";
import { formatPage } from "../report/page.js";
import { attack, shortPlan } from "../loadtest.fixture.js";
import { monotonicMs } from "../core/monotonic.js";
import { parseTargets } from "../core/targets.js";
import { RestLoad } from "./rest-load.js";

const perSecond = 50;

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => {})));
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function start(url: string, route: Partial<PlanRoute> = {}, rest: Partial<PlanRest> = {}): RestLoad {
  const plan: Plan = { ...shortPlan, rest: { perSecond, routes: [{ path: "/x", ...route }], ...rest } };
  const targets = parseTargets({ urls: [url] });
  const load = new RestLoad({ plan, targets, room: undefined, seed: "1", startMs: monotonicMs() });
  load.isMeasuring = true;
  return load;
}

/** Resolves with what became of the requests once a few have an outcome. */
async function outcomeOf(load: RestLoad) {
  const [route] = load.routes;
  await vi.waitUntil(() => route.requests + route.errors >= 3, { timeout: 10_000, interval: 5 });
  await load.finish(new AbortController().signal);
  const { requests, errors, failed, reasons } = route;
  return { requests, errors, failed, reasons: reasons.entries().map(([reason]) => reason) };
}

const answer =
  (status: number, type: string | undefined, body: string | Buffer): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, type === undefined ? {} : { "content-type": type }).end(body);
const json = "application/json";
const endless: RequestListener = (_request, response) => {
  response.writeHead(200, { "content-type": json });
  const write = (): void => {
    while (!response.destroyed && response.write(" ".repeat(65_536)));
  };
  response.on("drain", write);
  write();
};

test.each<readonly [string, RequestListener, string]>([
  ["a redirect", answer(302, json, "{}"), "302"],
  ["an error", answer(500, json, "{}"), "500"],
  ["nothing", answer(200, json, ""), "200 with an empty body"],
  ["204", answer(204, undefined, ""), "204 with an empty body"],
  ["a page", answer(200, "text/html", "<html>"), "200 as text/html instead of application/json"],
  ["no media type", answer(200, undefined, "{}"), "200 as no media type instead of application/json"],
  ["a page as JSON", answer(200, json, "<html>"), "200 with a body that is not JSON"],
  ["half of its JSON", answer(200, json, '{"a":'), "200 with a body that is not JSON"],
  ["a byte order mark", answer(200, json, "\uFEFF{}"), "200 with JSON that begins with a byte order mark"],
  ["UTF-16", answer(200, json, Buffer.from('{"a":1}', "utf16le")), "200 with JSON that is UTF-16 or UTF-32"],
  ["Latin-1", answer(200, json, Buffer.from('{"a":"é"}', "latin1")), "200 with JSON that is not valid UTF-8"],
  [
    "a charset",
    answer(200, `${json}; charset="ISO-8859-1"`, "{}"),
    "200 with JSON that declares the charset iso-8859-1",
  ],
])("an answer with %s is a failure", async (_what, listener, reason) => {
  const { requests, errors, failed, reasons } = await outcomeOf(start(await listen(createHttpServer(listener))));
  expect([failed, errors, reasons]).toEqual([requests, 0, [reason]]);
});

test("an answer of the planned media type is none", async () => {
  const url = await listen(createHttpServer(answer(200, "text/plain; version=0.0.4", "up 1\n")));
  const { failed, errors } = await outcomeOf(start(url, { mediaType: "text/plain" }));
  expect([failed, errors]).toEqual([0, 0]);
});

test.each<readonly [string, (socket: Socket) => void, RegExp]>([
  ["closes every connection", (socket) => void socket.destroy(), /ECONNRESET|closed without an answer/],
  ["ends every connection", (socket) => void socket.end(), /closed without an answer/],
  ["speaks no HTTP", (socket) => void socket.end("220 mail\r\n"), /does not match the HTTP/],
  [
    "sends a chunk without its size",
    (socket) =>
      void socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")),
    /does not match the HTTP/,
  ],
  [
    "sends headers of 1 MB",
    (socket) => void socket.on("data", () => socket.write(`HTTP/1.1 200 OK\r\n${"X: y\r\n".repeat(200_000)}`)),
    /UND_ERR_HEADERS_OVERFLOW/,
  ],
  [
    "switches protocols",
    (socket) =>
      void socket.on("data", () =>
        socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"),
      ),
    /closed without an answer|ECONNRESET/,
  ],
  [
    "breaks off its body",
    (socket) => void socket.on("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")),
    /closed without an answer/,
  ],
])("a server that %s leaves requests unanswered, one for each that was due", async (_what, serve, reason) => {
  const load = start(await listen(createServer(serve)));
  const beganMs = performance.now();
  const { requests, errors, failed, reasons } = await outcomeOf(load);
  expect([requests, failed]).toEqual([0, 0]);
  expect(reasons.join()).toMatch(reason);
  expect(errors).toBeLessThanOrEqual(((performance.now() - beganMs) / 1000) * perSecond + 2);
});

test("bytes behind a 204 cost the next answer at most, and end nothing", async () => {
  const url = await listen(
    createServer((socket) => void socket.on("data", () => socket.write("HTTP/1.1 204 No Content\r\n\r\n0\r\n\r\n"))),
  );
  const { requests, failed, errors } = await outcomeOf(start(url));
  expect(failed + errors).toBeGreaterThanOrEqual(3);
  expect(failed).toBe(requests);
});

test("an answer without end is cut off at its size", async () => {
  const { errors, reasons } = await outcomeOf(start(await listen(createHttpServer(endless)), {}, { perSecond: 5 }));
  expect(errors).toBeGreaterThanOrEqual(3);
  expect(reasons).toContain("no end within 2 MiB");
});

test("a server that goes away gets no more requests than were due, and is found again when it returns", async () => {
  const server = createHttpServer(answer(200, json, "{}"));
  const url = await listen(server);
  const load = start(url);
  const [route] = load.routes;
  const beganMs = performance.now();
  await vi.waitUntil(() => route.requests >= 3, { interval: 5 });
  server.closeAllConnections();
  server.close();
  await once(server, "close");
  await vi.waitUntil(() => route.errors >= 5, { timeout: 10_000, interval: 5 });
  const due = ((performance.now() - beganMs) / 1000) * perSecond + 2;
  expect(route.requests + route.errors).toBeLessThanOrEqual(due);
  const before = route.requests;
  server.listen(Number(new URL(url).port), "127.0.0.1");
  await vi.waitUntil(() => route.requests >= before + 3, { timeout: 10_000, interval: 5 });
  await load.finish(new AbortController().signal);
});

test("a request that waits counts from when it was due, and one that is given up with the run does not count", async () => {
  const waiting: (() => void)[] = [];
  const url = await listen(
    createHttpServer((_request, response) => {
      waiting.push(() => void response.writeHead(200, { "content-type": json }).end("{}"));
    }),
  );
  const load = start(url);
  const [route] = load.routes;
  await vi.waitUntil(() => waiting.length >= 10, { timeout: 10_000, interval: 5 });
  for (const go of waiting.splice(0)) go();
  // The first was sent before the measuring began.
  await vi.waitUntil(() => route.requests >= 9, { timeout: 10_000, interval: 5 });
  expect(route.latency.maxMs).toBeGreaterThan(100);
  await vi.waitUntil(() => waiting.length >= 1, { timeout: 10_000, interval: 5 });
  await load.finish(AbortSignal.abort());
  expect(route.errors).toBe(0);
});

/** A Socket.IO server whose REST a test decides on; its events are all the same to it. */
async function startForeign(listener: RequestListener): Promise<string> {
  const http = createHttpServer(listener);
  const io = new Server(http, { serveClient: false });
  let count = 0;
  const timer = setInterval(() => {
    io.emit("market:update", { indexValue: ++count, timestamp: new Date().toISOString() });
  }, 10);
  onTestFinished(() => {
    clearInterval(timer);
    void io.close();
  });
  return listen(http);
}

const restPlan: Plan = { ...shortPlan, rest: { perSecond, routes: [{ path: "/api/sectors?api_key=s3cret" }] } };
const restThreshold = "http.errors==0";

async function summaryOf(listener: RequestListener, options: Parameters<typeof attack>[1]): Promise<Summary> {
  return (await attack({ url: await startForeign(listener) }, options)).summary;
}

test("a route that fails fails the run, and is named with its status in every report, without its secrets", async () => {
  const summary = await summaryOf(answer(404, json, "{}"), { plan: restPlan });
  expect(summary.verdict).toBe("FAIL");
  const fault = /GET \/api\/sectors\?api_key=\*\*\*: \d+ of \d+ answers failed \(\d+ × 404\)/;
  expect(summary.reasons.join("\n")).toMatch(fault);
  for (const report of [formatResult(summary), formatJunit(summary), formatPage(summary)])
    expect(report).toMatch(fault);
  expect(formatMarkdown(summary)).toMatch(/\| `GET \/api\/sectors\?api_key=\*\*\*` \| \d+ \| \d+ \| 0 \| \d+ × 404 \|/);
  expect(JSON.stringify(summary)).not.toContain("s3cret");
  expect(formatPage(summary)).toMatch(/<dt>REST faults<\/dt><dd>\d+<small>\d+ failed, 0 unanswered/);
});

test("a threshold on http.failed says how many answers may fail", async () => {
  const allowed = await summaryOf(answer(404, json, "{}"), { plan: restPlan, thresholds: ["http.failed<10000"] });
  expect(allowed.reasons.join("\n")).not.toContain("answers failed");
});

test("a server without REST routes is not asked for any that nobody named", async () => {
  let asked = 0;
  const count: RequestListener = (request, response) => {
    if (request.url?.startsWith("/api/sectors") === true) asked += 1;
    response.writeHead(404).end();
  };
  const plan: Plan = { ...restPlan, messages: { perSecond: 1 }, thresholds: [restThreshold, "httpMs.p90<100"] };
  for (const rest of ["never", "known-server"] as const) {
    const summary = await summaryOf(count, { plan, rest });
    expect([asked, summary.http.routes, summary.thresholds]).toEqual([0, [], []]);
  }
  const run = summaryOf(count, { plan, rest: "never", thresholds: [restThreshold] });
  await expect(run).rejects.toThrow("http.errors==0: this run sends no REST requests");
});

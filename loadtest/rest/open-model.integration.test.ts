/** What the open model is for: a server that stands still shows in the percentiles as its users would feel it. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import autocannon from "autocannon";
import { expect, onTestFinished, test } from "vitest";
import type { PlanRest } from "../../schemas/index.js";
import { attack, onHold, shortPlan, startServer, verdictOnServer } from "../loadtest.fixture.js";
import { startForeign } from "../foreign.fixture.js";
import { monotonicMs } from "../core/monotonic.js";
import { parseTargets } from "../core/targets.js";
import { RestLoad } from "./rest-load.js";

/** Answers at once, but for the time in which it is told to stand still: what arrives then is answered at its end. */
async function startStalling(): Promise<{ readonly url: string; stall(ms: number): void }> {
  let untilMs = 0;
  const server = createServer((_, response) => {
    const answer = (): void => void response.writeHead(200, { "content-type": "application/json" }).end("{}");
    const leftMs = untilMs - performance.now();
    if (leftMs > 0) setTimeout(answer, leftMs);
    else answer();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, stall: (ms) => (untilMs = performance.now() + ms) };
}

/** Sends for so long; resolves with the figures. */
async function sendFor(url: string, rest: PlanRest, durationMs: number): Promise<RestLoad> {
  const plan = { ...shortPlan, rest };
  const options = { plan, targets: parseTargets({ urls: [url] }), room: undefined, seed: "1", startMs: monotonicMs() };
  const load = new RestLoad(options);
  load.isMeasuring = true;
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  await load.finish(new AbortController().signal);
  return load;
}

test("the p99 of a server that stands still for 2 s of 6 is that of its users; a closed loop does not see it", async ({
  skip,
}) => {
  const server = await startStalling();
  const [stallMs, durationMs] = [2000, 6000];
  const stallSoon = (): void => void setTimeout(() => server.stall(stallMs), 1000);
  stallSoon();
  const load = await sendFor(server.url, { perSecond: 200, routes: [{ path: "/x" }] }, durationMs);
  const { latency, requests, errors } = load.routes[0];
  // Due at an even rate, a request waits for what is left of the stall: the slowest hundredth of all is in its first.
  const trueMs = stallMs - durationMs * 0.01;
  skip(load.evidence.length > 0, `not measured: ${load.evidence.join()}`);
  expect(errors).toBe(0);
  expect(requests).toBeGreaterThan(0.99 * 200 * (durationMs / 1000) - 1);
  expect(Math.abs(latency.percentileMs(99) / trueMs - 1)).toBeLessThan(0.05);
  expect(latency.percentileMs(50)).toBeLessThan(100);

  stallSoon();
  const closed = await autocannon({ url: `${server.url}/x`, connections: 10, duration: durationMs / 1000 });
  expect(closed.latency.p99).toBeLessThan(trueMs / 10);
}, 30_000);

test("poisson arrivals, methods, bodies and data reach a server, and each answer is held to its route's rules", async ({
  skip,
}) => {
  const max = await startServer();
  const { summary } = await attack(max, {
    plan: {
      ...shortPlan,
      rest: {
        perSecond: 100,
        arrivals: "poisson",
        routes: [
          { path: "/api/sectors/{sector}", weight: 2 },
          {
            name: "post",
            method: "POST",
            path: "/api/discussions/{room}/messages",
            headers: { "Idempotency-Key": "{key}" },
            body: { content: "Message {key}", authorId: "agent-789", authorName: "Load" },
            status: [201],
          },
          { name: "missing", path: "/api/sectors/none", status: [404], headers: { "X-Secret": "s3cret" } },
        ],
        data: {
          sector: ["tech-001", "energy-001"],
          room: [await firstRoom(max.url)],
          key: { serial: "lt-" },
        },
        saturate: { path: "/health", connections: 4, durationMs: 500 },
      },
      stages: [{ kind: "hold", durationMs: 1500 }],
    },
  });
  const { http, deliveries, reasons, plan } = summary;
  verdictOnServer(skip, summary);
  expect([http.errors, http.failed, deliveries.lost, deliveries.unexpected], reasons.join()).toEqual([0, 0, 0, 0]);
  expect(http.routes.map(({ route }) => route)).toEqual(["GET /api/sectors/{sector}", "post", "missing"]);
  for (const { requests } of http.routes) expect(requests).toBeGreaterThan(0);
  expect(http.saturation).toMatchObject({ route: "GET /health", connections: 4, failed: 0, errors: 0 });
  expect(http.saturation?.requestsPerSecond).toBeGreaterThan(50);
  expect(JSON.stringify(plan)).not.toContain("s3cret");
});

async function firstRoom(url: string): Promise<string> {
  const list = (await (await fetch(`${url}/api/discussions?limit=1`)).json()) as { data: { id: string }[] };
  return list.data[0].id;
}

test("requests that find all connections waiting are counted", async () => {
  const server = await startStalling();
  server.stall(200);
  const load = await sendFor(server.url, { perSecond: 100, connections: 4, routes: [{ path: "/x" }] }, 300);
  expect(load.waited).toBeGreaterThanOrEqual(10);
  expect(load.routes[0].errors).toBe(0);
});

test("a run that is interrupted during the saturation ends soon, with what it has", async () => {
  const url = await startForeign(() => undefined);
  const controller = new AbortController();
  const { progress } = onHold(() => {});
  const watch = (line: string): void => {
    progress?.line(line);
    if (/ saturate\b/.test(line)) setTimeout(() => controller.abort(), 300);
  };
  const beganMs = performance.now();
  const rest: PlanRest = { saturate: { path: "/", connections: 2, durationMs: 60_000 } };
  const { summary } = await attack(
    { url },
    { plan: { ...shortPlan, rest }, progress: { line: watch }, signal: controller.signal },
  );
  expect(performance.now() - beganMs).toBeLessThan(20_000);
  expect(summary.http.saturation?.failed).toBeGreaterThan(0);
});

/** `max loadtest` while it runs: metrics that Prometheus takes, all of them at an OpenTelemetry receiver, one local port. */
import { spawnSync } from "node:child_process";
import { request } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { isSkippedWithout } from "../../schemas/requirement.fixture.js";
import type { Summary } from "../../schemas/index.js";
import { startMax } from "../../server/main.js";
import { Receiver } from "../../server/telemetry/receiver.fixture.js";
import { refusalOf, startMaxCommand } from "../cli.fixture.js";
import { exitCodes } from "../cli-error.js";
import { RunFigures } from "../../loadtest/controller/run-figures.js";
import { telemetryOf } from "../flags/otlp-flag.js";
import { openObservers } from "./open-observers.js";
import { LiveServer } from "./live-server.js";

const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;

async function startServer() {
  const max = await startMax({ port: 0, store: ":memory:" });
  onTestFinished(() => max.close());
  return max;
}

const brief = ["--no-config", "--clients", "10", "--workers", "0", "--warmup", "0s", "--duration", "10m", "--json"];

/** The metrics once there are requests among them; empty before. */
async function readMetrics(page: string): Promise<string> {
  const text = await (await fetch(`${page}metrics`)).text();
  return text.includes("max_loadtest_requests_total{") ? text : "";
}

test("a run has a page and metrics, a receiver gets every metric, and both end with the run", async () => {
  const [max, receiver] = [await startServer(), new Receiver()];
  const endpoint = await receiver.open();
  const target = ["--url", max.url, `--token=${max.token}`, "--plan", "default"];
  const run = startMaxCommand("loadtest", ...target, ...brief, "--out", "reports", "--live", "--otlp", endpoint);
  await run.wrote("metrics for Prometheus");
  const page = /Live page: (\S+)/.exec(run.stderr())![1];
  expect(await (await fetch(page)).text()).toMatch(/<span class="word">(?:STARTING|RUNNING)<\/span>/);
  let text = "";
  await expect.poll(async () => (text = await readMetrics(page))).not.toBe("");
  run.child.kill("SIGINT");
  const { code, stdout } = await run.ended;
  await expect(fetch(page)).rejects.toThrow("fetch failed");

  const summary = JSON.parse(stdout) as Summary;
  expect(code).toBe(exitCodes.interrupted);
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(8);
  const last = new Map(receiver.metrics().map((metric) => [metric.name, metric]));
  expect([...last.keys()].toSorted()).toEqual(names.toSorted());
  // What is sent in the end is what came of the run.
  const [latency] = last.get("max_loadtest_delivery_latency_seconds")!.histogram!.dataPoints;
  expect(Number(latency.count)).toBe(summary.latencyMs.count);
  const requests = last.get("max_loadtest_requests_total")!.sum!.dataPoints;
  expect(requests.reduce((sum, { asDouble }) => sum + asDouble, 0)).toBe(summary.http.requests + summary.http.errors);
  expect(receiver.bodies.every(({ path }) => path === "/v1/metrics")).toBe(true);

  if (isSkippedWithout(hasPromtool)) return;
  const {
    status,
    stdout: found,
    stderr,
  } = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
  expect([status, `${found}${stderr}`]).toEqual([0, ""]);
});

test("the live page is for this machine's own names, and shows nothing but itself and the metrics", async () => {
  const live = await LiveServer.open(0);
  onTestFinished(() => live.close());
  const ask = async (path: string, host: string, method = "GET") =>
    new Promise<number | undefined>((resolve, reject) => {
      request(new URL(path, live.url), { method, headers: { host }, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
  const answers = ["/", "/metrics", "/elsewhere"].map(async (path) => await ask(path, "localhost"));
  expect(await Promise.all(answers)).toEqual([200, 503, 404]);
  expect(await ask("/", "evil.example")).toBe(403);
  expect(await ask("/", "localhost", "POST")).toBe(405);
  const { port } = new URL(live.url);
  const { exitCode, message } = await refusalOf("loadtest", "--live", port);
  expect([exitCode, message]).toEqual([
    exitCodes.couldNotStart,
    expect.stringMatching(/^Port \d+ on 127.0.0.1 is taken/),
  ]);
});

test.each([
  [["--live", "many"], 'Invalid --live "many": expected a port, 0 to 65535 (0 takes any free one).'],
  [["--otlp", "localhost:4318"], 'Invalid --otlp "localhost:4318": expected a URL such as http://localhost:4318.'],
])("max loadtest %j is refused in one sentence", async (args, sentence) => {
  expect((await refusalOf("loadtest", ...args)).message).toBe(sentence);
});

test("a receiver that takes nothing is told of once, and disturbs nobody", async () => {
  const receiver = new Receiver();
  receiver.status = 503;
  const endpoint = await receiver.open();
  const told: string[] = [];
  const telemetry = telemetryOf(endpoint, { OTEL_METRIC_EXPORT_INTERVAL: "20" });
  const observers = await openObservers({ port: undefined, telemetry, tell: (line) => void told.push(line) });
  observers.observer!.begin(new RunFigures({ plan: "short", target: "nowhere", plannedMs: 1000 }));
  await expect.poll(() => receiver.bodies.length).toBeGreaterThan(3);
  await observers[Symbol.asyncDispose]();
  const warning = `Warning: the OpenTelemetry receiver takes nothing: it is dropped (${endpoint}/v1/metrics: HTTP status 503).`;
  expect(told).toEqual([warning]);
});

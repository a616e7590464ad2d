/** The sender at 2,000 requests a second. It needs a core for itself: what it measured beside other work is skipped. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeFolder, shortPlan } from "../loadtest.fixture.js";
import { monotonicMs } from "../core/monotonic.js";
import { parseTargets } from "../core/targets.js";
import { RestLoad } from "./rest-load.js";

/** Milliseconds in which the main thread could have run and was not given a processor; 0 where nobody tells. */
function readRunDelayMs(): number {
  if (process.platform !== "linux") return 0;
  return Number(readFileSync("/proc/self/schedstat", "utf8").split(" ")[1]) / 1e6;
}

const server = `
import { createServer } from "node:http";
const server = createServer((_, response) => response.writeHead(200, { "content-type": "application/json" }).end("{}"));
server.listen(0, "127.0.0.1", () => process.send(server.address().port));
`;

test("2,000 requests a second: sent at that rate within 1 %, less than 2 ms late at p99, at under half a core", async ({
  skip,
}) => {
  const file = join(await makeFolder(), "server.mjs");
  await writeFile(file, server);
  const child = fork(file);
  onTestFinished(() => void child.kill("SIGKILL"));
  const [port] = (await once(child, "message")) as [number];
  const [perSecond, durationMs] = [2000, 10_000];
  const plan = { ...shortPlan, rest: { perSecond, connections: 64, routes: [{ path: "/x" }] as [{ path: string }] } };
  const targets = parseTargets({ urls: [`http://127.0.0.1:${port}`] });
  const load = new RestLoad({ plan, targets, room: undefined, seed: "1", startMs: monotonicMs() });
  // The connections are opened first.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  load.isMeasuring = true;
  const waitedMs = readRunDelayMs();
  const [fromMs, cpu] = [performance.now(), process.cpuUsage()];
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  const { user, system } = process.cpuUsage(cpu);
  const lastedMs = performance.now() - fromMs;
  load.isMeasuring = false;
  await load.finish(new AbortController().signal);
  const lateMs = load.sendLate.percentileMs(99);
  const share = (user + system) / 1000 / lastedMs;
  const delay = (readRunDelayMs() - waitedMs) / lastedMs;
  skip(delay > 0.02, `not measured: the process waited for a processor ${(delay * 100).toFixed(0)} % of the time`);
  expect(Math.abs(load.sendLate.count / ((perSecond * lastedMs) / 1000) - 1)).toBeLessThan(0.01);
  expect(load.routes[0]?.requests).toBe(load.sendLate.count);
  expect(lateMs).toBeLessThan(2);
  expect(share).toBeLessThan(0.5);
}, 60_000);

/** The server of this repository, held against its own contract by the checker that judges everybody's. */
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { type ContractResult, formatContractText, runContract } from "../loadtest/contract/index.js";
import { requireMeasured } from "../loadtest/contract/measured.fixture.js";
import { startMax } from "../server/main.js";
import { refusalOf, runMaxCommand, startMaxCommand } from "./cli.fixture.js";

// Whole runs against whole servers: a starved machine may take its time over them.
vi.setConfig({ testTimeout: 400_000 });

/**
 * Branches that a healthy server cannot show while it is being judged: it is not draining, its
 * simulation has no end, its lists are not empty, its candles are whole, its commands are of this process, it is no member of a
 * cluster, it counts its broadcasts, and its scenarios fit on a page and do what they do.
 */
const branchesOutOfReach =
  /= "(?:draining|ended)"$|health\/member|health\/broadcasts absent$|health\/simulation\/state = "(?:paused|seeking)"$|(?:sector|discussion|agent|candle|message)-list\/data empty$|sector-candle-update\/candle\/\w+ absent$|anchors empty$|simulation\/monotonicUncertaintyNs there$|acceptedNs absent$|message-list\/(?:nextCursor is string|hasMore = true)$|scenario-outline-list\//;

function missing(parts: ContractResult["coverage"]["branches"]): string[] {
  return parts.filter(({ covered }) => !covered).map(({ name }) => name);
}

async function startServer(speed: number): Promise<{ url: string; token: string } & AsyncDisposable> {
  const { url, token, close } = await startMax({ port: 0, store: ":memory:", speed });
  return { url, token, [Symbol.asyncDispose]: close };
}

test("our own server passes management, with every operation, status and event", async ({ skip }) => {
  await using max = await startServer(4);
  const result = await runContract({
    url: max.url,
    forMs: 3000,
    profile: "management",
    token: max.token,
    limits: { answerMsMax: 20_000, eventMsMax: 10_000, overtimeMsMax: 300_000 },
  });
  requireMeasured(skip, result);
  if (result.verdict !== "PASS") process.stdout.write(`${formatContractText(result)}\n`);
  // No warning either, but the one of a loaded machine: old states are skipped for a polling subscriber that falls behind.
  expect(result.findings.filter(({ rule }) => rule !== "subscribers-conflated")).toEqual([]);
  expect(result.verdict).toBe("PASS");
  const { branches, ...others } = result.coverage;
  for (const [kind, parts] of Object.entries(others)) expect({ [kind]: missing(parts) }).toEqual({ [kind]: [] });
  expect(missing(branches).filter((name) => !branchesOutOfReach.test(name))).toEqual([]);
});

test("max contract prints the verdict as JSON, writes its reports, and ends with its code", async ({ skip }) => {
  await using max = await startServer(10);
  const folder = await mkdtemp(join(tmpdir(), "contract-"));
  const out = join(folder, "deep", "report");
  const run = await runMaxCommand("contract", "--url", max.url, "--for", "3s", "--json", "--out", out);
  const result = JSON.parse(run.stdout) as ContractResult;
  requireMeasured(skip, result);
  expect([run.code, result.verdict, result.reasons]).toEqual([0, "PASS", []]);
  expect(run.stderr).toContain("listening for 3 s over websocket and polling");
  expect((await readdir(join(folder, "deep", "report"))).toSorted()).toEqual([
    "contract.html",
    "contract.json",
    "contract.sarif",
    "contract.txt",
    "junit.xml",
  ]);
  expect(await readFile(join(folder, "deep", "report", "contract.txt"), "utf8")).toMatch(/^PASS {2}http/);
  await rm(folder, { recursive: true });
});

test("a checker that stands still itself accuses nobody of its own delays", async () => {
  const demo = startMaxCommand("demo", "--port", "0", "--store", ":memory:");
  onTestFinished(async () => {
    demo.child.kill("SIGKILL");
    await demo.ended;
  });
  await demo.wrote("Ctrl-C ends it.");
  const [, url = ""] = /REST +(\S+)\/api\/sectors/.exec(demo.stderr()) ?? [];
  let stalls = 0;
  let stalling: NodeJS.Timeout | undefined;
  const stall = (): void => {
    stalls += 1;
    if (stalls <= 2) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
  };
  const result = await runContract({
    url,
    forMs: 3000,
    profile: "management",
    only: ["messages", "statuses"],
    expect: ["market:update"],
    limits: { answerMsMax: 2500, eventMsMax: 2500, connectMsMax: 2500 },
    // Its modules are loaded by then, which may take longer than the stalls.
    progress: () => (stalling ??= setInterval(stall, 100)),
  });
  clearInterval(stalling);
  if (result.verdict === "FAIL") process.stdout.write(`${formatContractText(result)}\n`);
  expect(result.verdict).not.toBe("FAIL");
  expect(result.stalls.longestMs).toBeGreaterThanOrEqual(2900);
  expect(formatContractText(result)).toMatch(/The checker itself stalled \d+ times/);
});

test("a server that accepts and says nothing does not hold max contract up", async () => {
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  await new Promise((resolve) => void silent.once("listening", resolve));
  const { port } = silent.address() as AddressInfo;
  const run = await runMaxCommand("contract", "--url", `http://127.0.0.1:${port}`, "--for", "1s");
  silent.close();
  expect(run.code).toBe(1);
  expect(run.stdout).toMatch(/^FAIL /);
  expect(run.stdout).toContain("answer-in-time: GET /health");
});

test.each([
  [["contract"], "--url is missing"],
  [["contract", "--url", "localhost:8000"], 'Invalid URL "localhost:8000"'],
  [
    ["contract", "--url", "http://h", "--expect", "market:closed"],
    'Invalid --expect "market:closed". Accepted: market:update',
  ],
  [["contract", "--url", "http://h", "--only", "everything"], 'Invalid --only "everything". Accepted: events'],
  [["contract", "--url", "http://h", "--only", "sectors"], "belongs to the core profile"],
  [["contract", "--url", "http://h", "--profile", "all"], "profile"],
  [["contract", "--url", "http://h", "--for", "ten"], '--for: "ten" is not a duration'],
  [["contract", "--url", "http://h", "--profile", "management", "--read-only"], "cannot be judged read-only"],
  [["contract", "diff", "no-such-folder", "schemas"], "cannot be read as a folder of schemas"],
] as const)("max %j is refused in one sentence", async (args, sentence) => {
  const { message, exitCode } = await refusalOf(...args);
  expect(message).toContain(sentence);
  expect(exitCode).toBe(2);
});

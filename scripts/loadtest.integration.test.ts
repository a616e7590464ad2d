/** `max loadtest` from its flags to its verdict, against real servers, one with a defect among them. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { type ContractEvent, type Plan, type Summary, findViolations } from "../schemas/index.js";
import { startMax } from "../server/main.js";
import { shippedScenarios } from "../simulator/index.js";
import { exitCodes } from "./cli-error.js";
import { refusalOf, runMaxCommand, startMaxCommand } from "./cli.fixture.js";
import { verdictOnServer } from "../loadtest/loadtest.fixture.js";
import { startStarvableServer } from "./starved-server.fixture.js";

const thisFile = fileURLToPath(import.meta.url);

/** Nothing in it depends on how busy the machine is. */
const plan: Plan = {
  name: "brief",
  description: "A few subscribers of each kind for a second, with REST beside them.",
  clients: 20,
  stages: [{ kind: "hold", durationMs: 1000 }],
  control: { websocket: 2, polling: 2 },
  rest: { perSecond: 20, routes: [{ path: "/health" }] },
  thresholds: ["deliveries.lost==0", "conformance.violations==0"],
};

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "max-loadtest-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Flags of a brief run with its reports in a folder of its own. */
function briefly(folder: string = temporaryFolder(), changes: Partial<Plan> = {}, out = folder): string[] {
  const file = join(folder, "plan.json");
  writeFileSync(file, JSON.stringify({ ...plan, ...changes }));
  return ["loadtest", "--plan", file, "--out", out];
}

interface Publisher {
  publish(event: ContractEvent): void;
}

async function startServer() {
  const max = await startMax({ port: 0, store: ":memory:" });
  onTestFinished(() => max.close());
  return max;
}

/** A server whose market updates lose their timestamp behind the validation of the broadcast functions. */
async function startDefectiveServer() {
  const max = await startServer();
  const { io } = max.realtime as unknown as { readonly io: { of(name: string): { readonly adapter: Publisher } } };
  const { adapter } = io.of("/");
  const publish = adapter.publish.bind(adapter);
  adapter.publish = ({ event, payload }) => {
    publish({
      event,
      payload: event === "market:update" ? { ...payload, timestamp: undefined } : payload,
    } as ContractEvent);
  };
  return max;
}

test("a load test of its own server passes, with nothing lost, doubled, swapped or wrong", async ({ skip }) => {
  const out = temporaryFolder();
  const { code, stdout } = await runMaxCommand(...briefly(out), "--json");
  const summary = JSON.parse(stdout) as Summary;
  expect(findViolations("summary.schema.json", summary)).toEqual([]);
  const { lost, duplicated, reordered, corrupted, unexpected, expected, received } = summary.deliveries;
  expect({ lost, duplicated, reordered, corrupted, unexpected }).toEqual({
    lost: 0,
    duplicated: 0,
    reordered: 0,
    corrupted: 0,
    unexpected: 0,
  });
  expect(received).toBe(expected);
  expect(received).toBeGreaterThanOrEqual(20 * 12 * 3);
  expect(summary.conformance.violations).toBe(0);
  expect(summary.target.oracle).toBe("regenerated");
  expect(summary.clients).toMatchObject({ connected: 20, thin: 16, websocket: 2, polling: 2, refused: 0, dropped: 0 });
  expect(summary.httpMs.count).toBeGreaterThan(0);
  expect(readdirSync(out)).toContain("summary.json");
  expect([verdictOnServer(skip, summary), code, summary.reasons]).toEqual(["PASS", exitCodes.pass, []]);
});

test("a scenario file of one's own is regenerated, too", async () => {
  const out = temporaryFolder();
  const scenario = join(out, "mine.json");
  writeFileSync(scenario, JSON.stringify({ ...shippedScenarios.get("calm"), name: "mine" }));
  const { stdout } = await runMaxCommand(...briefly(out), "--json", "--scenario", scenario, "--workers", "0");
  const { scenario: name, target, deliveries } = JSON.parse(stdout) as Summary;
  expect([name, target.oracle]).toEqual(["mine", "regenerated"]);
  expect(deliveries.received).toBe(deliveries.expected);
});

test("a server that drops a field fails, and the sentence names the event and the field", async () => {
  const max = await startDefectiveServer();
  // Joined, because a token may begin with a dash.
  const target = ["--url", max.url, `--token=${max.token}`];
  const { code, stdout } = await runMaxCommand(...briefly(), ...target, "--workers", "0");
  expect(code).toBe(1);
  expect(stdout).toMatch(/FAIL/);
  expect(stdout).toMatch(/market:update \/timestamp/);
  expect(stdout).not.toContain(max.token);
});

test("without the token the subscribers are held against each other, and it says so", async ({ skip }) => {
  const max = await startServer();
  const run = await runMaxCommand(...briefly(), "--url", max.url, "--json", "--workers", "0");
  const summary = JSON.parse(run.stdout) as Summary;
  const { target, deliveries } = summary;
  expect(target).toMatchObject({ oracle: "learned", oracleReason: expect.any(String) as unknown });
  expect(deliveries.received).toBe(deliveries.expected);
  expect([verdictOnServer(skip, summary), run.code, summary.reasons]).toEqual(["PASS", exitCodes.pass, []]);
});

test.skipIf(process.platform === "win32")(
  "an overloaded server ends FAIL when the generator is not",
  async ({ skip }) => {
    const server = await startStarvableServer();
    const few: Partial<Plan> = {
      clients: 5,
      stages: [{ kind: "hold", durationMs: 3000 }],
      control: { websocket: 0, polling: 0 },
      rest: undefined,
      thresholds: ["latencyMs.p50<50"],
    };
    const flags = ["--url", server.url, `--token=${server.token}`, "--workers", "0", "--json"];
    const run = startMaxCommand(...briefly(temporaryFolder(), few), ...flags);
    await run.wrote(" hold ");
    server.starve();
    const { code, stdout } = await run.ended;
    const summary = JSON.parse(stdout) as Summary;
    const { reasons, generator } = summary;
    const isStarved =
      generator.evidence.length > 0 || reasons[0]?.startsWith("the generator was not given a processor");
    skip(isStarved, `not measured: the generator was starved as well: ${reasons.join("; ")}`);
    expect([summary.verdict, code]).toEqual(["FAIL", exitCodes.failed]);
    expect(summary.latencyMs.p50).toBeGreaterThan(50);
  },
);

test("Ctrl-C ends a run early, and what there is by then is still written", async () => {
  const out = temporaryFolder();
  const run = startMaxCommand(...briefly(out, { stages: [{ kind: "hold", durationMs: 60_000 }] }));
  await new Promise<void>((resolve) => void run.child.stderr?.once("data", () => resolve()));
  run.child.kill("SIGINT");
  const { code, stdout } = await run.ended;
  expect(code).toBe(130);
  expect(stdout).toMatch(/interrupted/i);
  expect(readdirSync(out)).toContain("summary.json");
});

test("Ctrl-C ends the wait for a server that is starting", async () => {
  const starting = createServer((_, response) => void response.writeHead(503).end()).listen(0, "127.0.0.1");
  await once(starting, "listening");
  onTestFinished(() => void starting.close());
  const { port } = starting.address() as AddressInfo;
  const run = startMaxCommand(...briefly(), "--url", `http://127.0.0.1:${port}`, "--wait", "60s", "--json");
  await once(starting, "request");
  run.child.kill("SIGINT");
  expect(await run.ended).toMatchObject({ code: exitCodes.interrupted, stdout: "" });
});

test("what was found is on the screen, though the reports cannot be written any more", async () => {
  const folder = temporaryFolder();
  const out = join(folder, "out");
  const { url } = await startServer();
  const run = startMaxCommand(...briefly(folder, {}, out), "--url", url, "--workers", "0");
  await run.wrote(" hold ");
  writeFileSync(out, "a file where the folder should be");
  const { code, stdout, stderr } = await run.ended;
  expect(stdout).toMatch(/^(PASS|INVALID) {2}brief/m);
  expect(stderr).toMatch(/^max: The reports could not be written to .*: EEXIST/m);
  expect(code).toBe(exitCodes.usage);
});

test("a threshold that does not hold fails, though another one of the same command does", async ({ skip }) => {
  const thresholds = ["--threshold", "clients.connected==21", "--threshold", "deliveries.duplicated==0"];
  const { url } = await startServer();
  const run = await runMaxCommand(...briefly(), "--url", url, "--workers", "0", "--json", ...thresholds);
  const summary = JSON.parse(run.stdout) as Summary;
  const { thresholds: outcomes } = summary;
  expect(outcomes).toContainEqual({ expression: "clients.connected==21", value: 20, passed: false });
  expect(outcomes).toContainEqual({ expression: "deliveries.duplicated==0", value: 0, passed: true });
  expect([verdictOnServer(skip, summary), run.code]).toEqual(["FAIL", exitCodes.failed]);
});

test.each([
  [["--clients", "0"], 'Invalid --clients "0": expected 1 to 1000000.'],
  [["--clients", "many"], '"many" is not a count'],
  [["--duration", "long"], '"long" is not a duration'],
  [["--workers", "-1"], "is not a whole number from 0 to 256"],
  [
    ["--url", "http://127.0.0.1:1", "--threshold", "fast"],
    'Invalid --threshold "fast": expected something like latencyMs.p99<50, ',
  ],
  [["--threshold", "nope.x<5"], 'Invalid --threshold "nope.x<5": summary.json has no number at nope.x; did you mean'],
  [
    ["--threshold", 'http.routes["GET /healt"].p99<5'],
    'Invalid --threshold "http.routes[\\"GET /healt\\"].p99<5": http.routes has no route "GET /healt". Did you mean GET /health?',
  ],
  [
    ["--threshold", "latencyMs.p99<=baseline"],
    'Invalid --threshold "latencyMs.p99<=baseline": it requires --baseline.',
  ],
  [["--threshold", "latencyMs.mx<5"], "did you mean latencyMs.max?"],
  [["--plan", "no-such-plan"], 'Unknown plan "no-such-plan"'],
  [["--auth", "secret"], "--auth takes a JSON object"],
  [["--url", "http://localhost:1", "--seed", "7"], "--seed cannot be combined with --url"],
  [["--insecure"], "--insecure requires --url."],
  [["--url", "localhost:8000"], 'Invalid URL "localhost:8000"'],
  [["--url", "http://a.test", "--url", "http://a.test/"], "The URL http://a.test is given twice"],
  [["--out", join(thisFile, "reports")], "(ENOTDIR). Choose another folder with --out."],
] as const)("max loadtest %j is refused in one sentence", async (args, sentence) => {
  const { exitCode, message } = await refusalOf("loadtest", ...args);
  expect(message).toContain(sentence);
  expect(message).not.toContain("\n");
  expect(exitCode).toBe(exitCodes.usage);
});

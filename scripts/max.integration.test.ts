import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { shippedPlans } from "../loadtest/index.js";
import { parsePlan } from "../loadtest/plans/parse.js";
import { version } from "../schemas/package-root.js";
import { refusalOf, runMaxCommand, startMaxCommand } from "./cli.fixture.js";
import { createMaxCommand } from "./max-command.js";
import { maxEntry } from "./max-entry.js";

test("the same seed prints the same digest twice, and another seed another", async () => {
  const [first, second, other] = await Promise.all(
    ["42", "42", "43"].map((seed) => runMaxCommand("simulate", "--seed", seed, "--for", "1m", "--digest")),
  );
  expect(first.code).toBe(0);
  expect(JSON.parse(first.stdout)).toMatchObject({
    ticks: 240,
    digest: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
  });
  expect(second.stdout).toBe(first.stdout);
  expect(other.stdout).not.toBe(first.stdout);
});

test("simulate prints one JSON object a line, with the documented keys", async () => {
  const { code, stdout } = await runMaxCommand("simulate", "--for", "1s");
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split("\n");
  expect(lines.length).toBeGreaterThan(40);
  for (const line of lines) expect(Object.keys(JSON.parse(line) as object)).toEqual(["tick", "at", "event", "payload"]);
});

test("a sample is one line for each span, with every sector in it", async () => {
  const { stdout } = await runMaxCommand("simulate", "--for", "3m", "--sample", "1m");
  const samples = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { sectors: object });
  expect(samples).toHaveLength(3);
  expect(Object.keys(samples[0].sectors)).toHaveLength(11);
});

test("a session at twenty times the pace takes a twentieth of the ticks", async () => {
  const { stdout } = await runMaxCommand("simulate", "--scenario", "bull-run", "--sessions", "1", "--digest");
  expect(JSON.parse(stdout)).toMatchObject({ ticks: (6.5 * 3600 * 4) / 20 });
});

test.each([
  [["simulate", "--for", "ten"], 2, 'max: --for: "ten" is not a duration; write it like 250ms, 30s, 5m or 1h.\n'],
  [["demo", "--host", "no.such.host.invalid", "--store", ":memory:"], 5, "is not an address of this machine"],
] as const)("the process of max %j prints one sentence and ends with %d", async (args, code, sentence) => {
  const run = await runMaxCommand(...args);
  expect(run.stderr).toContain(sentence);
  expect(run.stderr.trim().split("\n")).toHaveLength(1);
  expect([run.code, run.stdout]).toEqual([code, ""]);
});

test.each([
  [["simulate", "--for", "-5m"], '--for: "-5m" is not a duration; write it like 250ms, 30s, 5m or 1h.'],
  [["simulate", "--scenario", "no-such"], 'Unknown scenario "no-such". Built-in scenarios: trading-day'],
  [["simulate", "--scenario", "./missing.json"], "There is no file ./missing.json"],
  [["simulate", "--tick-ms", "5"], 'Invalid --tick-ms "5": expected a tick, 100 to 1000 whole milliseconds'],
  [["simulate", "--start", "yesterday"], "is not an instant"],
  [["simulate", "--start", "Jan 1 2025 Z"], "is not an instant"],
  [["simulate", "--nonsense"], "Unknown flag --nonsense. Flags: "],
  [["demo", "--prot", "0"], "Unknown flag --prot. Did you mean --port? See max demo --help."],
  [["demo", "--tickms=250"], "Unknown flag --tickms. Did you mean --tick-ms?"],
  [["loadtest", "--no-colr"], "Unknown flag --no-colr. Did you mean --no-color?"],
  [["demo", "extra"], 'Unexpected argument "extra". See max demo --help.'],
  [["demoo"], 'Unknown command "demoo". Did you mean demo? See max --help.'],
  [["contract", "dif", "a", "b"], 'Unknown command "dif". Did you mean diff?'],
  [["plans", "smok"], 'Unknown plan "smok". Did you mean smoke?'],
  [["simulate", "--scenario", "trading-dya"], 'Unknown scenario "trading-dya". Did you mean trading-day?'],
  [["replay", "missing.ndjson"], "There is no file missing.ndjson"],
  [["demo", "--port", "70000"], 'Invalid --port "70000": expected a port'],
  [["demo", "--speed", "fast"], 'Invalid --speed "fast": expected a speed'],
  [["loadtest", "--out", "a", "--out", "b"], "--out is given 2 times; it takes one value."],
  [["demo", "--store", "--port", "0"], "--store is given without a value."],
  [["loadtest", "--url", "http://localhost:1", "--token", ""], "--token is given without a value."],
  [["loadtest", "--threshold"], "--threshold is given without a value."],
  [["loadtest", "--threshold="], "--threshold is given without a value."],
  [["loadtest", "--threshold", "--quiet"], "--threshold is given without a value."],
  [["loadtest", "--token", "abc"], "--token requires --url."],
  [["loadtest", "capacity", "--max", "0"], 'Invalid --max "0": expected 1 to 1000000.'],
  [
    ["loadtest", "capacity", "--start", "500", "--max", "400"],
    "Invalid --start 500: expected no more than --max, 400.",
  ],
  [["loadtest", "ab", "npx max demo"], "Arguments are missing: 1 of 2 given."],
  [["loadtest", "ab", "a", "b", "--rounds", "9"], "Invalid --rounds 9: expected a whole number from 12 to 3000."],
  [["loadtest", "ab", "a", "b", "--precision", "3"], 'Invalid --precision "3": expected a percentage, such as 3%.'],
  [["loadtest", "compare", "--json", "--markdown", "a", "b"], "--json cannot be combined with --markdown."],
  [["contract", "diff"], "Arguments are missing: 0 of 2 given. See max contract --help."],
  [["contract", "diff", "schemas"], "Arguments are missing: 1 of 2 given."],
  [["replay"], "Arguments are missing: 0 of 1 given."],
  [["no-such-command"], 'Unknown command "no-such-command". Commands: '],
  [[], "Name a command"],
] as const)("max %j is refused in one sentence", async (args, sentence) => {
  const { message, exitCode } = await refusalOf(...args);
  expect(message).toContain(sentence);
  expect(message).not.toContain("\n");
  expect(exitCode).toBe(2);
});

test("a reader that goes away is no error", async () => {
  const max = startMaxCommand("plans");
  max.child.stdout?.destroy();
  const { code, stderr } = await max.ended;
  expect(stderr).toBe("");
  expect(code).toBe(0);
});

test.each(["loadtest", "contract"])(
  "max %s ends with 4 and names an address where nothing answers",
  async (command) => {
    const { port } = await listenOnce();
    const run = await runMaxCommand(command, "--url", `http://127.0.0.1:${port}`);
    expect(run.stdout + run.stderr).toContain(`http://127.0.0.1:${port}`);
    expect(run.code).toBe(4);
  },
);

/** A port of this machine that was free a moment ago. */
async function listenOnce(): Promise<AddressInfo> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address() as AddressInfo;
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  return address;
}

test("a taken port is named with what answers there, and nothing else is tried", async () => {
  const other = createServer((_request, response) => response.end("somebody else"));
  await new Promise<void>((resolve) => void other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const run = await runMaxCommand("demo", "--port", String(port), "--store", ":memory:");
  other.close();
  expect(run.stderr).toContain(
    `Port ${port} on 127.0.0.1 is taken: another HTTP server answers there. Stop it, or choose another port.`,
  );
  expect(run.code).toBe(5);
});

/** The help of a command, as its process prints it. */
async function helpOf(command: string): Promise<string> {
  return (await createMaxCommand(command.split(" ").filter(Boolean))).getHelp();
}

test.each([
  "",
  "demo",
  "simulate",
  "scenarios",
  "loadtest",
  "loadtest ab",
  "loadtest capacity",
  "loadtest compare",
  "contract",
  "contract diff",
  "replay",
  "doctor",
])("the help of max %s shows examples, and fits into 80 columns", async (command) => {
  const help = await helpOf(command);
  expect(help).toContain("Examples:");
  expect(help.split("\n").filter((line) => line.length > 80)).toEqual([]);
});

test.each(["", "contract diff"])("max %s --help prints it and ends with 0", async (command) => {
  const { code, stdout } = await runMaxCommand(...command.split(" ").filter(Boolean), "--help");
  expect([code, stdout.trimEnd()]).toEqual([0, await helpOf(command)]);
});

/** In the row of `--config`, which every command has. */
const everywhere = ["--config", "--no-config"];

test("the help of max demo has each flag in a group", async () => {
  const [, others = ""] = /\nOptions:\n(.*?)\n\n/s.exec(await helpOf("demo")) ?? [];
  const remedy = "give its row in scripts/flags/demo-flags.ts a group";
  expect(others.match(/--[a-z-]+/g), remedy).toEqual(["--version", ...everywhere, "--help"]);
});

test("the help of max contract diff names the flags that it takes, and none of max contract's", async () => {
  expect((await helpOf("contract diff")).match(/--[a-z-]+/g)).toEqual([
    "--version",
    ...everywhere,
    "--seed",
    "--json",
    "--help",
  ]);
});

test("--version is the version of max, whatever project it is called from", async () => {
  const folder = mkdtempSync(join(tmpdir(), "max-version-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "front-end", version: "9.9.9" }));
  expect(execFileSync(process.execPath, [maxEntry, "--version"], { cwd: folder, encoding: "utf8" })).toBe(
    `${version}\n`,
  );
});

test("max plans lists the shipped plans, and prints each as JSON that is a plan", async () => {
  const { stdout } = await runMaxCommand("plans");
  for (const { name, description } of shippedPlans.values()) {
    expect(stdout).toContain(name);
    expect(stdout).toContain(description);
  }
  const { stdout: smoke } = await runMaxCommand("plans", "smoke");
  expect(JSON.parse(smoke)).toHaveProperty("$schema");
  expect(parsePlan(JSON.parse(smoke))).toEqual(shippedPlans.get("smoke"));
});

test.skipIf(process.platform !== "linux")("a secret on the command line is not in the list of processes", async () => {
  const silent = createServer();
  onTestFinished(() => void silent.close());
  await once(silent.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const { child, ended } = startMaxCommand("loadtest", "--url", url, "--token", "s3cret", "--out", "report");
  await once(silent, "request");
  const listed = readFileSync(`/proc/${child.pid}/cmdline`, "utf8");
  child.kill("SIGKILL");
  await ended;
  expect(listed).toContain("max");
  expect(listed).not.toContain("s3cret");
});

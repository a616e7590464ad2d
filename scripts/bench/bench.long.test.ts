/** Every benchmark runs in its tiny size, so that none can rot, and computes the same as ever. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { run as runFanout } from "./fanout.js";
import { run as runFlood } from "./flood.js";
import { run as runRest } from "./rest.js";
import { run as runSimulator } from "./simulator.js";
import { run as runSubscribers } from "./subscribers.js";

const isHash = expect.stringMatching(/^[0-9a-f]{64}$/) as string;

test("the simulator benchmark computes the same each time", async () => {
  const [first, second] = [await runSimulator("tiny"), await runSimulator("tiny")];
  expect(first.lines).toHaveLength(6);
  expect(first.hash).toBe(second.hash);
});

test("the fan-out benchmark compares three servers that send the same bytes", async () => {
  const { name, lines, hash } = await runFanout("tiny");
  expect(name).toContain("fan-out");
  expect(lines.some((line) => / 12 .* k\/s .*x$/.test(line))).toBe(true);
  const openings = lines.filter((line) => / opened in \d+ ms; \d\.\d\d of stock; a connection /.test(line));
  expect(openings.map((line) => line.split(" ", 1)[0])).toEqual(["max", "stock", "ws"]);
  const growths = lines.filter((line) => / a delivery [\d., ]+ µs, a difference of \d+ %/.test(line));
  expect(growths.map((line) => line.split(" ", 1)[0])).toEqual(["max", "stock", "ws"]);
  expect(hash).toEqual(isHash);
});

test("the REST benchmark compares equal bytes", async () => {
  const { lines, hash } = await runRest("tiny");
  expect(lines.some((line) => /^ratio \d+\.\d\d, by processor time \d+\.\d\d$/.test(line))).toBe(true);
  expect(lines.some((line) => /p99 alone \d.* with REST/.test(line))).toBe(true);
  expect(hash).toEqual(isHash);
});

test("the subscribers benchmark compares three receivers of the same bytes", async () => {
  const { lines, hash } = await runSubscribers("tiny");
  expect(lines.some((line) => /^trading-day thin .* k .* KiB$/.test(line))).toBe(true);
  expect(hash).toEqual(isHash);
});

test("the flood benchmark compares subscribers' latency with and without handshakes that never join", async () => {
  const { lines, hash } = await runFlood("tiny");
  const floodOf = (kind: string) => lines.find((line) => line.startsWith(`${kind} flood: p99 `));
  expect(floodOf("polling")).toMatch(/ [1-9]\d* handshakes taken, [1-9]\d* refused$/);
  // The sessions of the first flood still count.
  expect(floodOf("websocket")).toMatch(/ [1-9]\d* refused$/);
  expect(hash).toEqual(isHash);
});

const main = fileURLToPath(new URL("../../dist/scripts/bench/main.js", import.meta.url));

test("npm run bench -- start compares commands with an empty script", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "start", "--tiny"], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout.match(/ [1-9]\d* ms +\d+\.\d x node -e 0$/gm)).toHaveLength(4);
});

test("npm run bench -- fanout simulator --against compares two builds that compute the same", () => {
  const build = fileURLToPath(new URL("../../", import.meta.url));
  const args = [main, "fanout", "simulator", "--tiny", "--against", build];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(
    stdout.match(/to the other build.* \d\.\d{3}; to itself: \d|to the other build \d\.\d{3}, to itself \d/g),
  ).toHaveLength(4);
  const { status: refused, stderr: reason } = spawnSync(process.execPath, [main, "rest", "--against", build], {
    encoding: "utf8",
  });
  expect(refused).toBe(2);
  expect(reason).toBe("The benchmark rest cannot compare two builds; leave --against out.\n");
});

test("npm run bench -- agreement compares percentiles", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "agreement", "--tiny"], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout).toMatch(/5 {2}p50 +\d+\.\d\d +\d+\.\d\d +-?\d+\.\d\d/);
});

test("npm run bench -- cluster compares members with a single process", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "cluster", "--tiny"], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  for (const name of ["again", "leader", "follower"])
    expect(stdout).toMatch(new RegExp(`^${name} +\\d\\.\\d+ .* ms later$`, "m"));
  expect(stdout).toMatch(/^Redis: [\d.]+ B received and [\d.]+ B sent for each tick and member$/m);
});

test("npm run bench -- cluster-order: members agree in order, and stock adapters take part", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "cluster-order", "--tiny"], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout).toMatch(/^max +400 and 400 of 400 +0$/m);
  expect(stdout.match(/^redis-\S*adapter +\d+ and \d+ of 400 +\d+$/gm)).toHaveLength(2);
});

test("npm run bench -- members: the cost of a further member, and all show one world", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "members", "--tiny"], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout.match(/^ +[35](?: +[1-9][\d.]*){5}$/gm)).toHaveLength(2);
});

test("npm run bench -- figures writes two tables that Markdown can show", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "figures", "--tiny"], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout.match(/^\| [^|]+(?: \| \d[\d.]*){5} \|$/gm)).toHaveLength(5);
  expect(stdout.match(/^\| [^|]+ \| (?:checked|counted)(?: \| \d[\d.]*){2} \|$/gm)).toHaveLength(4);
});

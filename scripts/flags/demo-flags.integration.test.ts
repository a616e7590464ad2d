/** Each limit of `max demo` applies to loopback when it is set, and only then. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type CandleList, type MessageList, parseCount, parseDuration, parseSize } from "../../schemas/index.js";
import { rateLimitDefaults } from "../../server/api/rate-limit.js";
import { realtimeLimitDefaults, slowSubscriberDefaults } from "../../server/realtime/index.js";
import { RawClient } from "../../server/realtime/raw-client.fixture.js";
import { defaultRetention } from "../../server/store/pruning.js";
import { refusalOf, runMaxCommand, startMaxCommand, testToken } from "../cli.fixture.js";

interface Demo {
  readonly port: number;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** With the control token. */
  move(name: string, body: object): Promise<Response>;
  metric(name: string): Promise<number>;
}

/** A market that stands still until it is moved. */
async function startDemo(...flags: string[]): Promise<Demo> {
  const demo = startMaxCommand("demo", "--port", "0", "--store", ":memory:", "--clock", "manual", ...flags);
  onTestFinished(async () => {
    demo.child.kill("SIGKILL");
    await demo.ended;
  });
  await demo.wrote("Ctrl-C ends it.");
  const [, url] = /Console {4}(\S+)\/\n/.exec(demo.stderr()) ?? [];
  const headers = { Authorization: `Bearer ${testToken}`, "Content-Type": "application/json" };
  return {
    port: Number(new URL(url).port),
    get: (path, sent = {}) => fetch(`${url}${path}`, { headers: sent }),
    move: (name, body) =>
      fetch(`${url}/api/simulation/${name}`, { method: "POST", headers, body: JSON.stringify(body) }),
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`, { headers })).text();
      return Number(
        text
          .split("\n")
          .find((line) => line.startsWith(name))
          ?.slice(name.length) ?? 0,
      );
    },
  };
}

const handshake = "/socket.io/?EIO=4&transport=polling";

test("connections and requests are limited, in all and for each address", async () => {
  const all = await startDemo("--max-connections", "2", "--rate-limit", "3");
  for (const status of [200, 200, 503]) expect((await all.get(handshake)).status).toBe(status);
  for (const status of [200, 200, 200, 429]) expect((await all.get("/api/sectors")).status).toBe(status);

  const proxies = ["--trust-proxy", "10.0.0.0/8,127.0.0.1", "--trust-proxy", "::1"];
  const each = await startDemo("--max-per-address", "1", "--recovery", ...proxies);
  const client = await RawClient.join(each.port);
  expect((await each.get(handshake)).status).toBe(429);
  expect((await each.get(handshake, { "x-forwarded-for": "203.0.113.9, 10.1.2.3" })).status).toBe(200);
  // What recovery costs every client: the offset, as a second argument.
  await each.move("step", { ticks: 4 });
  const event = JSON.parse((await client.takeText("42")).slice(2)) as unknown[];
  expect(event).toHaveLength(3);
  client.socket.destroy();
});

test("history beyond what is to be kept goes", async () => {
  const demo = await startDemo("--keep-candles", "1h", "--keep-messages", "20");
  const status = (await (await demo.move("seek", { to: 15_000 })).json()) as { time: string };
  const read = async <Body>(path: string) => (await (await demo.get(path)).json()) as Body;
  const candles = await read<CandleList>("/api/sectors/tech-001/candles?limit=200");
  // Pruned once an hour: up to two of them are there.
  expect(Date.parse(status.time) - Date.parse(candles.data[0].timestamp)).toBeLessThan(2 * 3_600_000);
  const messages = await read<MessageList>("/api/discussions/disc-001/messages?limit=200");
  expect(messages.data).toHaveLength(20);
});

test("a subscriber that stops reading is closed beyond the backlog that it may have", async () => {
  const demo = await startDemo("--soft-backlog", "16KiB", "--hard-backlog", "64KiB");
  const client = await RawClient.join(demo.port);
  client.socket.pause();
  const closed = 'max_slow_closed_total{reason="backlogBytes"} ';
  while ((await demo.metric(closed)) === 0) await demo.move("step", { ticks: 500 });
  client.socket.destroy();
});

test("the help tells the limits that hold where no flag sets another", async () => {
  const { stdout } = await runMaxCommand("demo", "--help");
  const told = (flag: string) => new RegExp(`--${flag} [^]*?\\[default: (\\w+)`).exec(stdout)?.[1] ?? "";
  const { connectionsMax, connectionsPerPeerMax } = realtimeLimitDefaults;
  const { softBacklogBytesMax, hardBacklogBytesMax, slowMsMax } = slowSubscriberDefaults;
  expect(parseCount(told("max-connections"))).toBe(connectionsMax);
  expect(parseCount(told("max-per-address"))).toBe(connectionsPerPeerMax);
  expect(parseCount(told("rate-limit"))).toBe(rateLimitDefaults.requestsMax);
  expect(stdout).toContain(`one address in ${rateLimitDefaults.windowSeconds} s`);
  expect(parseSize(told("soft-backlog"))).toBe(softBacklogBytesMax);
  expect(parseSize(told("hard-backlog"))).toBe(hardBacklogBytesMax);
  expect(parseDuration(told("slow-for"))).toBe(slowMsMax);
  expect(parseDuration(told("keep-candles"))).toBe(parseDuration("1d") * defaultRetention.minuteCandleDays);
  expect(parseCount(told("keep-messages"))).toBe(defaultRetention.simulatedMessagesMax);
});

test.each([
  [["--hard-backlog", "1 MB/s"], '--hard-backlog: "1 MB/s" is not a size'],
  [["--soft-backlog", "2MiB"], "Invalid --soft-backlog 2097152"],
  [["--keep-messages", "many"], '--keep-messages: "many" is not a count'],
  [["--keep-candles", "30"], '--keep-candles: "30" is not a duration'],
  [["--trust-proxy", "10.0.0.1,10.0.0.0/33"], 'Invalid --trust-proxy "10.0.0.0/33": expected an address or a network'],
  [["--origin", "market.example"], 'Invalid --origin "market.example"'],
  [["--metrics-host", "0.0.0.0"], "--metrics-host requires --metrics-port."],
  [["--metrics-port", "70000"], 'Invalid --metrics-port "70000": expected a port'],
  [["--log-level", "loud"], 'Invalid --log-level "loud": expected one of "debug", "info"'],
  [["--members", "17"], "Invalid --members 17: expected 1 to 16 processes."],
  [["--members", "3"], "--members requires --cluster: give the address of a Redis"],
  [["--members", "3", "--cluster", "redis://localhost"], "a Postgres store, which :memory: is not: give one such as"],
  [["--members", "3", "--advertise", "http://localhost"], "--members cannot be combined with --advertise."],
])("max demo %j is refused in one sentence", async (flags, sentence) => {
  const { message, exitCode } = await refusalOf("demo", "--port", "0", "--store", ":memory:", ...flags);
  expect(message).toContain(sentence);
  expect(message).not.toContain("\n");
  expect(exitCode).toBe(2);
});

test("a start that a kept market does not have is said to count for a fresh one only", async () => {
  const folder = mkdtempSync(join(tmpdir(), "max-start-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const flags = ["demo", "--port", "0", "--clock", "manual", "--store", join(folder, "store.sqlite"), "--start"];
  for (const [start, isSaid] of [
    ["2020-01-01T00:00:00Z", false],
    ["2021-01-01T00:00:00Z", true],
  ] as const) {
    const demo = startMaxCommand(...flags, start);
    await demo.wrote("Ctrl-C ends it.");
    demo.child.kill("SIGTERM");
    const { code, stderr } = await demo.ended;
    expect(code).toBe(0);
    expect(stderr.includes("began at 2020-01-01T00:00:00.000Z and continues; --start takes effect with --reset")).toBe(
      isSaid,
    );
  }
});

test("metrics have a port of their own, and the log the level and format that are asked for", async () => {
  const flags = ["--port=0", "--store=:memory:", "--metrics-port=0", "--log-level=debug", "--log-format=text"];
  const demo = startMaxCommand("demo", ...flags);
  onTestFinished(async () => {
    demo.child.kill("SIGKILL");
    await demo.ended;
  });
  await demo.wrote("Ctrl-C ends it.");
  const [, metricsUrl = ""] = /Metrics {4}(\S+)/.exec(demo.stderr()) ?? [];
  const [, url = ""] = /Console {4}(\S+)\//.exec(demo.stderr()) ?? [];
  expect(await (await fetch(metricsUrl)).text()).toContain("max_connections_opened_total 0");
  await fetch(`${url}/api/nowhere`);
  await demo.wrote("a request was refused");
  expect(demo.stderr()).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} DEBUG a request was refused method=GET path=\/api\/nowhere status=404 problem=unknown-path$/m,
  );
});

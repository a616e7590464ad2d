/**
 * Prometheus scrapes a server with subscribers: every query of the dashboard and of the alerts returns data, and an
 * alert about a server that is gone fires. It needs the program `prometheus` (Debian has it as a package).
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { io } from "socket.io-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isSkippedWithout } from "../../schemas/requirement.fixture.js";
import { type Max, startMax } from "../../server/main.js";
import { freePort } from "../../server/core/free-port.fixture.js";

const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
const hasPrometheus = spawnSync("prometheus", ["--version"]).status === 0;

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

interface Rule {
  readonly name: string;
  readonly query: string;
  readonly state: string;
  readonly health: string;
}

const { panels } = JSON.parse(read("grafana-dashboard.json")) as Dashboard;
const queries = panels.flatMap(({ title, targets }) =>
  targets.map(({ expr }, at) => [`${title} ${at}`, expr] as const),
);
const alerts = [...read("alerts.yml").matchAll(/alert: (\w+)\n +expr: (.+)/g)].map(
  ([, name, expr]) => [name, expr] as const,
);
/** The threshold is the last number. */
const comparison = / (?:>|<|<=) [\d.]+$/;

let folder: string;
let max: Max;
let prometheus: ChildProcess;
let url: string;
let output = "";

async function query<Data>(path: string): Promise<Data> {
  const response = await fetch(`${url}/api/v1/${path}`);
  return ((await response.json()) as { readonly data: Data }).data;
}

async function results(expr: string): Promise<number[]> {
  const { result } = await query<{ result: { value: [number, string] }[] }>(`query?query=${encodeURIComponent(expr)}`);
  return result.map(({ value }) => Number(value[1]));
}

/** @throws where it ends first, with its log */
async function isReady(): Promise<void> {
  const ended = once(prometheus, "exit").then(() => Promise.reject(new Error(output)));
  const ready = async (): Promise<void> => {
    for (;;) {
      const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
      if (answer?.ok === true) return;
      await delay(100);
    }
  };
  await Promise.race([ready(), ended]);
}

beforeAll(async () => {
  if (isSkipped) return;
  folder = mkdtempSync(join(tmpdir(), "max-prometheus-"));
  max = await startMax({ port: 0, metrics: { port: 0 } });
  for (const transports of [["websocket"], ["polling"]]) {
    const socket = io(max.url, { transports, forceNew: true });
    await once(socket as never, "connect");
  }
  // In place of the names that only compose.yaml gives to servers.
  const target = `static_configs: [{ targets: ["${new URL(max.metricsUrl!).host}"] }]\n`;
  const config = read("prometheus.yml")
    .replace(/dns_sd_configs:[^]*/, target)
    .replaceAll(": 5s", ": 500ms");
  writeFileSync(join(folder, "prometheus.yml"), config);
  writeFileSync(join(folder, "alerts.yml"), read("alerts.yml").replace("for: 30s", "for: 0s"));
  url = `http://127.0.0.1:${await freePort()}`;
  prometheus = spawn(
    "prometheus",
    [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=${new URL(url).host}`,
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  prometheus.stderr!.setEncoding("utf8").on("data", (text: string) => (output += text));
  await isReady();
});

afterAll(async () => {
  if (isSkipped) return;
  const ended = once(prometheus, "exit");
  prometheus.kill();
  await ended;
  await max.close();
  rmSync(folder, { recursive: true });
});

const isSkipped = isSkippedWithout(hasPrometheus);

test("the dashboard has panels, and the rules alerts", () => {
  expect(queries.length).toBeGreaterThan(12);
  expect(alerts.length).toBeGreaterThan(4);
  expect(alerts.filter(([, expr]) => !comparison.test(expr))).toEqual([]);
});

test.skipIf(isSkipped).each(queries)("the dashboard's query of %s returns data", async (_, expr) => {
  await expect.poll(() => results(expr.replaceAll("$instance", ".*"))).not.toEqual([]);
  for (const value of await results(expr.replaceAll("$instance", ".*"))) expect(value).toBeGreaterThanOrEqual(0);
});

test.skipIf(isSkipped).each(alerts)("what %s compares with its threshold is data", async (_, expr) => {
  await expect.poll(() => results(expr.replace(comparison, ""))).not.toEqual([]);
});

test.skipIf(isSkipped)(
  "Prometheus evaluates each alert, and none fires for a sound server but one for one that is gone",
  async () => {
    const rules = async () =>
      (await query<{ groups: { rules: Rule[] }[] }>("rules")).groups.flatMap((group) => group.rules);
    await expect.poll(async () => (await rules()).map(({ health }) => health)).toEqual(alerts.map(() => "ok"));
    const stateOf = async (name: string) => (await rules()).find((rule) => rule.name === name)?.state;
    expect(await stateOf("MaxDown")).toBe("inactive");
    await max.close();
    await expect.poll(() => stateOf("MaxDown")).toBe("firing");
  },
);

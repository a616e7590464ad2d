/**
 * 1,000 subscribers that lose the connection every 5 s for 2 s, in each way, at a stock Socket.IO server and at ours,
 * with and without connection state recovery: what they get, to the event.
 */
import { afterAll, expect, onTestFinished, test } from "vitest";
import type { Plan, PlanStage, Summary } from "../../schemas/index.js";
import { startServerProcess } from "../../scripts/server-process.js";
import { attack, noFaults, shortPlan } from "../loadtest.fixture.js";
import { startStock } from "../stock.fixture.js";

const clients = 1000;
const token = "0123456789abcdef0123456789abcdef";

function planOf(how: NonNullable<PlanStage["how"]>): Plan {
  return {
    ...shortPlan,
    clients,
    control: { websocket: 5, polling: 0 },
    stages: [
      { kind: "ramp", durationMs: 3000 },
      { kind: "hold", durationMs: 1000 },
      { kind: "drop", durationMs: 15_000, everyMs: 5000, offlineMs: 2000, how },
      { kind: "hold", durationMs: 4000 },
    ],
  };
}

async function startOurs(...flags: string[]) {
  const own = ["--port=0", "--store=:memory:", "--seed=drops", "--max-per-address=0", ...flags];
  const server = await startServerProcess(own, { token });
  onTestFinished(() => server.stop());
  return { url: server.url, token };
}

const servers = {
  "Socket.IO": () => startStock({ everyMs: 50 }),
  "Socket.IO, recovery": () => startStock({ everyMs: 50, recovery: true }),
  "max demo": () => startOurs(),
  "max demo, recovery": () => startOurs("--recovery"),
} as const;

const lines = [
  "| how | server | dropped | resumed | delivered | missed | lost | doubled | back p99 ms |",
  "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
];
afterAll(() => void process.stdout.write(`${lines.join("\n")}\n`));

function note(how: string, name: string, { absences, deliveries }: Summary): void {
  const { expected, received, missed, lost, duplicated } = deliveries;
  const share = `${((received / expected) * 100).toFixed(2)} %`;
  const { dropped, resumed, backMs } = absences;
  const cells = [how, name, dropped, resumed, share, missed, lost, duplicated, backMs.p99?.toFixed(0) ?? "-"];
  lines.push(`| ${cells.join(" | ")} |`);
}

test.for(
  (["reset", "silent", "goodbye"] as const).flatMap((how) =>
    (Object.keys(servers) as (keyof typeof servers)[]).map((name) => [how, name] as const),
  ),
)("%s at %s", { timeout: 180_000 }, async ([how, name]) => {
  const server = await servers[name]();
  const { summary } = await attack(server, { plan: planOf(how), workers: 1 });
  note(how, name, summary);
  const { absences, deliveries } = summary;
  const { expected, received, lost, corrupted, conflated, missed } = deliveries;
  expect(deliveries).toMatchObject({ ...noFaults, missed });
  expect(expected).toBe(received + lost + corrupted + conflated + missed);
  expect(absences.dropped).toBeGreaterThan(clients);
  expect(absences.returned).toBe(absences.dropped);
  // Stock Socket.IO takes up a connection that broke: not one that was closed, or that it believes in still.
  const isResumed =
    name.endsWith("recovery") && (how === "reset" || (how === "silent" && name === "max demo, recovery"));
  expect(absences.resumed).toBe(isResumed ? absences.dropped : 0);
  if (isResumed) expect(missed).toBe(0);
  else expect(missed).toBeGreaterThan(0);
});

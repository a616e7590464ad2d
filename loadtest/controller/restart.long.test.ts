/** A restart with 2,000 subscribers: of a stock Socket.IO server, and of ours with its store. */
import { expect, onTestFinished, test } from "vitest";
import type { Plan, Summary } from "../../schemas/index.js";
import { RestartableServer } from "../../scripts/restartable-server.js";
import { attack, noFaults, shortPlan } from "../loadtest.fixture.js";
import { formatMarkdown } from "../report/markdown.js";
import { startStock } from "../stock.fixture.js";

const clients = 2000;
const plan: Plan = {
  ...shortPlan,
  clients,
  stages: [
    { kind: "ramp", durationMs: 4000 },
    { kind: "hold", durationMs: 3000 },
    { kind: "restart", durationMs: 30_000 },
    { kind: "hold", durationMs: 3000 },
  ],
};

function expectAllBack({ restarts, deliveries }: Summary): void {
  const [restart] = restarts;
  expect(restart).toMatchObject({ dropped: clients, returned: clients, neverBack: 0 });
  expect(restart.back50Ms).toBeLessThanOrEqual(restart.back95Ms ?? 0);
  expect(restart.back95Ms).toBeLessThanOrEqual(restart.back100Ms ?? 0);
  expect(deliveries).toMatchObject({ ...noFaults, missed: restart.missed });
  expect(restart.missed).toBeGreaterThan(0);
}

/** For people: the table of the run. */
function show(name: string, summary: Summary): void {
  const rows = formatMarkdown(summary)
    .split("\n")
    .filter((line) => line.startsWith("| restart"));
  process.stdout.write(`${name}\n${rows.join("\n")}\n`);
}

test("of a stock server", async () => {
  const server = await startStock({ everyMs: 250 });
  const { summary } = await attack({ url: server.url }, { plan, workers: 1, restart: () => server.restart() });
  show("stock Socket.IO", summary);
  expectAllBack(summary);
}, 180_000);

test("of ours, which goes on with its market", async () => {
  const server = await RestartableServer.start(["--port=0", "--seed=restart", "--max-per-address=0"]);
  onTestFinished(() => server.stop());
  const { url, token } = server;
  const { summary } = await attack({ url, token }, { plan, workers: 1, restart: () => server.restart() });
  show("max demo", summary);
  expect(summary.target.oracle).toBe("regenerated");
  expectAllBack(summary);
}, 180_000);

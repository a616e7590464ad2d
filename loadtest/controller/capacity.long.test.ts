/** The search for a capacity that is planted in a real server: found ten times of ten, and never from a generator that is too slow. */
import { type TestContext, expect, onTestFinished, test } from "vitest";
import { startServerProcess } from "../../scripts/server-process.js";
import { type Capacity, type CapacityLimit, findViolations } from "../../schemas/index.js";
import { type Admit, startForeign } from "../foreign.fixture.js";
import { findCapacity, prepareCapacity } from "../index.js";
import { makeFolder, provenance, serverOf, shortPlan } from "../loadtest.fixture.js";

/** Lets so many in at once. */
function admitAtMost(most: number): Admit {
  const joined = new Set<string>();
  return ({ id, conn }) => {
    if (joined.size >= most) return false;
    joined.add(id);
    conn.once("close", () => joined.delete(id));
    return true;
  };
}

/** Stalls a server of this project for 300 ms, again and again, while it has more WebSockets than so many. */
function stallBeyond(most: number): string {
  const code = `import { Server } from "node:http";
    let open = 0;
    const { emit } = Server.prototype;
    Server.prototype.emit = function (event, request, socket, ...rest) {
      if (event === "upgrade") {
        open += 1;
        socket.once("close", () => (open -= 1));
      }
      return emit.call(this, event, request, socket, ...rest);
    };
    const cell = new Int32Array(new SharedArrayBuffer(4));
    setInterval(() => open > ${most} && Atomics.wait(cell, 0, 0, 300), 100).unref();`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

const search = { ...provenance, plan: shortPlan, workers: 0, startClients: 5, clientsMax: 100, probeMs: 400 };

const rounds = Array.from({ length: 10 }, (_, round) => round + 1);

/** Forty, within 5 %. Where the machine starved the generator there is no answer: the test is skipped. */
function expectForty(skip: TestContext["skip"], capacity: Capacity, kind: CapacityLimit["kind"]): void {
  const shown = JSON.stringify(capacity.probes.map(({ clients, verdict, limit }) => [clients, verdict, limit]));
  skip(capacity.limit?.kind === "generator", `not measured, the generator was starved: ${shown}`);
  expect(capacity, shown).toMatchObject({ verdict: "found", limit: { kind } });
  expect(capacity.clients, shown).toBeLessThanOrEqual(40);
  expect(capacity.clients, shown).toBeGreaterThan(40 / 1.05);
}

test.for(rounds)(
  "the capacity of a stock Socket.IO server that refuses the 41st subscriber is found within 5 %, round %i",
  async (_round, { skip }) => {
    const url = await startForeign((nowMs) => new Date(nowMs).toISOString(), admitAtMost(40));
    const { capacity } = await findCapacity(await prepareCapacity(search), { url });
    expectForty(skip, capacity, "refusals");
    expect(findViolations("capacity.schema.json", JSON.parse(JSON.stringify(capacity)))).toEqual([]);
  },
);

test.for(rounds)(
  "the capacity of a server that stalls beyond 40 subscribers is found within 5 %, round %i",
  async (_round, { skip }) => {
    const flags = ["--port=0", "--store=:memory:", "--scenario=fan-out", "--speed=4"];
    const server = await startServerProcess(flags, { launcher: [process.execPath, "--import", stallBeyond(40)] });
    onTestFinished(() => server.stop());
    const plan = { ...shortPlan, control: { websocket: 1, polling: 0 }, thresholds: ["latencyMs.p90<150"] };
    const prepared = await prepareCapacity({ ...search, plan, probeMs: 1000 });
    const { capacity } = await findCapacity(prepared, serverOf(server));
    expectForty(skip, capacity, "latency");
  },
);

test("a generator that is too slow gives a lower bound and is named", async ({ skip }) => {
  const server = await startServerProcess(["--port=0", "--store=:memory:", "--scenario=fan-out"]);
  onTestFinished(() => server.stop());
  let timer: NodeJS.Timeout | undefined;
  onTestFinished(() => clearInterval(timer));
  const keepBusy = (): void => {
    timer ??= setInterval(() => {
      const endMs = performance.now() + 400;
      while (performance.now() < endMs);
    }, 1);
  };
  const lines: string[] = [];
  const progress = {
    line: (text: string) => {
      lines.push(text);
      keepBusy();
    },
  };
  const outDir = await makeFolder();
  const prepared = await prepareCapacity({ ...search, outDir, progress, probeMs: 1500 });
  const { capacity } = await findCapacity(prepared, serverOf(server));
  skip(!lines[0].endsWith("PASS"), `not measured, the first probe did not pass: ${lines[0]}`);
  expect(capacity, lines.join("\n")).toMatchObject({
    verdict: "atLeast",
    clients: 5,
    failedClients: null,
    limit: { kind: "generator" },
  });
  expect(capacity.conclusion).toMatch(/^Holds at least 5 subscribers\. The limit is the generator: /);
  expect(capacity.probes.map(({ clients, verdict }) => [clients, verdict])).toEqual([
    [5, "PASS"],
    [10, "INVALID"],
    [10, "INVALID"],
  ]);
});

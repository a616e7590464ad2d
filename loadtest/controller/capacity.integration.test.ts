/** Searches for the capacity that end without a number of the server's. */
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { type CapacityProbe, findViolations } from "../../schemas/index.js";
import { packageRoot } from "../../schemas/package-root.js";
import type { Max } from "../../server/main.js";
import { OptionError, TargetError } from "../core/errors.js";
import { startForeign } from "../foreign.fixture.js";
import { type CapacityOptions, findCapacity, prepareCapacity } from "../index.js";
import { makeFolder, provenance, serverOf, shortPlan, startServer } from "../loadtest.fixture.js";
import { startProxy } from "../proxy.fixture.js";

const plan = { ...shortPlan, control: { websocket: 0, polling: 0 } };
const search = { ...provenance, plan, workers: 0, startClients: 2, clientsMax: 4, probeMs: 100 };

function now(nowMs: number): string {
  return new Date(nowMs).toISOString();
}

/** Does something when the first probe is over. */
function afterFirst(act: () => void): Pick<CapacityOptions, "progress"> {
  return { progress: { line: (text) => void (text.startsWith("Probe 1:") && act()) } };
}

test("a server that holds the most that is tried has a lower bound, and reports in its folder", async ({ skip }) => {
  const outDir = await makeFolder();
  const prepared = await prepareCapacity({ ...search, outDir });
  const { capacity, writeReports } = await findCapacity(prepared, { url: await startForeign(now) });
  skip(capacity.limit?.kind === "generator", "not measured, the generator was starved");
  expect(capacity).toMatchObject({ verdict: "atLeast", clients: 4, failedClients: null, limit: { kind: "max" } });
  expect(capacity.probes.map(({ clients, purpose, verdict }) => [clients, purpose, verdict])).toEqual([
    [2, "double", "PASS"],
    [4, "double", "PASS"],
    [4, "confirm", "PASS"],
  ]);
  expect(findViolations("capacity.schema.json", JSON.parse(JSON.stringify(capacity)))).toEqual([]);
  const names = (await writeReports()).map((path) => path.slice(outDir.length + 1));
  expect(names).toEqual(["capacity.html", "capacity.json", "capacity.md", "junit.xml"]);
});

function isInvalid({ verdict }: CapacityProbe): boolean {
  return verdict === "INVALID";
}

async function countOpened({ url, token }: Max): Promise<number> {
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  return Number(/^max_connections_opened_total (\d+)$/m.exec(await answer.text())?.[1]);
}

const bundle = new URL("dist/bin/generator-process.js", packageRoot);

test.for([0, ...(existsSync(bundle) ? [1, 2] : [])])(
  "subscribers stay connected from one probe to the next, with %i generator processes",
  async (workers, { skip }) => {
    const max = await startServer();
    const control = { websocket: 1, polling: 0 };
    const asked = { ...search, workers, plan: { ...plan, control }, startClients: 4, clientsMax: 16, probeMs: 300 };
    const { capacity } = await findCapacity(await prepareCapacity(asked), serverOf(max));
    skip(capacity.probes.some(isInvalid), "not measured, the generator was starved");
    expect(capacity.probes.map(({ clients, verdict }) => [clients, verdict])).toEqual([
      [4, "PASS"],
      [8, "PASS"],
      [16, "PASS"],
      [16, "PASS"],
    ]);
    // Before each probe a session of its own finds out whether the server answers.
    const looks = capacity.probes.length;
    expect(await countOpened(max)).toBe(16 + looks);
    await expect.poll(() => max.subscribers()).toBeLessThanOrEqual(looks);
  },
);

test("a probe with fewer subscribers closes those that it has no place for, and none connects anew", async ({
  skip,
}) => {
  const joined = new Set<string>();
  let admitted = 0;
  const url = await startForeign(now, ({ id, conn }) => {
    if (joined.size >= 5) return false;
    joined.add(id);
    admitted += 1;
    conn.once("close", () => joined.delete(id));
    return true;
  });
  const prepared = await prepareCapacity({ ...search, startClients: 2, clientsMax: 8 });
  const { capacity } = await findCapacity(prepared, { url });
  skip(capacity.probes.some(isInvalid), "not measured, the generator was starved");
  expect(capacity).toMatchObject({ verdict: "found", clients: 5, failedClients: 6, limit: { kind: "refusals" } });
  expect(capacity.probes.map(({ clients }) => clients)).toContain(8);
  expect(admitted).toBe(5);
});

test("a search that is ended by hand has the probes that were over, and no number", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const prepared = await prepareCapacity({ ...search, signal, ...afterFirst(() => controller.abort()) });
  const { capacity } = await findCapacity(prepared, { url: await startForeign(now) });
  expect(capacity).toMatchObject({ verdict: "inconclusive", interrupted: true });
  expect(capacity.probes).toHaveLength(1);
  expect(capacity.conclusion).toMatch(/^Inconclusive, interrupted after 1 probe: /);
});

test("a server that no longer answers ends the search, and is named", async () => {
  const proxy = await startProxy(await startForeign(now));
  const prepared = await prepareCapacity({ ...search, ...afterFirst(() => proxy.kill()) });
  const { capacity } = await findCapacity(prepared, { url: proxy.url });
  expect(capacity).toMatchObject({ verdict: "inconclusive", interrupted: false, limit: { kind: "server" } });
  await expect(findCapacity(prepared, { url: proxy.url })).rejects.toThrow(TargetError);
});

test("what makes no sense is refused before anything runs", async () => {
  const prepare = (more: object) => prepareCapacity({ ...search, ...more });
  await expect(prepare({ startClients: 5 })).rejects.toThrow(
    /^Invalid startClients 5: expected no more than the option clientsMax, 4\./,
  );
  await expect(prepare({ probeMs: 0 })).rejects.toThrow(OptionError);
  await expect(prepare({ clients: 5 })).rejects.toThrow(/clients/);
  await expect(prepare({ thresholds: ["latency<5"] })).rejects.toThrow(OptionError);
});

/** Searches for the capacity that end without a number of the server's. */
import { expect, test } from "vitest";
import { findViolations } from "../../schemas/index.js";
import { OptionError, TargetError } from "../core/errors.js";
import { startForeign } from "../foreign.fixture.js";
import { type CapacityOptions, findCapacity, prepareCapacity } from "../index.js";
import { makeFolder, provenance, shortPlan } from "../loadtest.fixture.js";
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

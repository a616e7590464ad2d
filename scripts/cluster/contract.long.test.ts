/**
 * A client behind a balancer sees one server: what it reads from any member is never behind an event that it has had
 * from another one, even where a member hears of everything late.
 */
import { expect, test } from "vitest";
import { type ContractResult, runContract } from "../../loadtest/contract/index.js";
import { isClusterAbsent } from "../../server/cluster.fixture.js";
import { startCluster } from "./cluster.fixture.js";
import { startRoundRobin } from "./round-robin.fixture.js";

const runs = 20;
const lateMs = 10;
const minutesMs = 60_000;
/** Requests to the member that is late take their time. */
const limits = { overtimeMsMax: 2 * minutesMs };

/** The read barrier of `ClusterLog` taken out of the code that the member loads. */
const takeOutBarrier = `
export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  if (!url.includes("/dist/bin/")) return loaded;
  const without = String(loaded.source).replace(/async barrier\\(\\) \\{(?=\\s+this\\.#question)/, "$& return;");
  return { ...loaded, source: without };
}`;
const withoutBarrier = `
import { register } from "node:module";
register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(takeOutBarrier)}`)});`;

/** Runs until one fails, at most so often. */
async function judge(preload: string | undefined): Promise<readonly ContractResult[]> {
  const cluster = await startCluster({
    lastIsLateMs: lateMs,
    flags: ["--scenario", "fan-out", "--speed", "4"],
    ...(preload !== undefined && { preload }),
  });
  const url = await startRoundRobin(cluster.members.map((member) => member.url));
  const results: ContractResult[] = [];
  for (let run = 0; run < runs; run++) {
    const result = await runContract({ url, profile: "management", forMs: 6000, seed: String(run), limits });
    results.push(result);
    process.stdout.write(`${result.verdict} after ${(result.durationMs / 1000).toFixed(1)} s\n`);
    if (result.verdict !== "PASS") break;
  }
  return results;
}

test.skipIf(isClusterAbsent)(
  `max contract passes ${runs} times through a balancer over three members`,
  { timeout: 20 * minutesMs },
  async () => {
    const results = await judge(undefined);
    const last = results.at(-1)!;
    expect(last.verdict, JSON.stringify(last.findings.slice(0, 3))).toBe("PASS");
    expect(results).toHaveLength(runs);
  },
);

test.skipIf(isClusterAbsent)(
  "without the read barrier it finds that what was created is not there",
  { timeout: 20 * minutesMs },
  async () => {
    const results = await judge(withoutBarrier);
    const rules = results.at(-1)!.findings.map(({ rule }) => rule);
    process.stdout.write(`without the barrier run ${results.length} fails: ${[...new Set(rules)].join(", ")}\n`);
    expect(rules).toContain("location-leads");
  },
);

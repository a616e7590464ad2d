/**
 * Leaders and engines of a cluster fail under load: subscribers of the members that live get every event once and in
 * order, and what was acknowledged is there once. The table goes to `reports/cluster-faults.md`, too.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { type Cluster, startCluster } from "./cluster.fixture.js";
import { areEnginesAbsent } from "./engines.fixture.js";
import { faults, formatFaultTable } from "./faults.fixture.js";
import { type Fault, type FaultOutcome, survive } from "./survivors.fixture.js";

const flags = ["--seed", "7", "--scenario", "fan-out"];
const minutesMs = 60_000;
const times = 5;

const rows: { readonly name: string; readonly outcomes: FaultOutcome[] }[] = [];

afterAll(() => {
  if (rows.length === 0) return;
  const table = formatFaultTable(rows);
  process.stdout.write(`${table}\n`);
  mkdirSync("reports", { recursive: true });
  writeFileSync("reports/cluster-faults.md", `${table}\n`);
});

/** How many entries of a leader that was none any more the members have ignored. */
async function countVoid({ members }: Cluster): Promise<number> {
  const healths = await Promise.all(members.map((member) => member.health()));
  return healths.reduce((sum, health) => sum + (health?.entries["void"] ?? 0), 0);
}

interface Row {
  readonly fault: Fault;
  /** @default 5 */
  readonly repeats?: number;
  /** What the deposed leader has decided meanwhile is void. @default false */
  readonly isVoid?: boolean;
}

const table: readonly Row[] = [
  { fault: faults.killed, repeats: 20 },
  { fault: faults.restarted },
  { fault: faults.stopped, repeats: 10, isVoid: true },
  { fault: faults.cutOff, repeats: 10, isVoid: true },
  { fault: faults.sessionEnded },
  { fault: faults.split },
  { fault: faults.redisEmptied },
  { fault: faults.redisHangs },
  { fault: faults.redisGone8 },
  { fault: faults.redisGone30 },
  { fault: faults.postgresGone10 },
  { fault: faults.postgresGone30 },
  { fault: faults.leaderAndRedis },
  { fault: faults.redisThenLeader },
  { fault: faults.bothGone },
  { fault: faults.unannounced },
];

for (const { fault, repeats = times, isVoid = false } of table)
  test.skipIf(areEnginesAbsent)(
    `${fault.name}: ${repeats} times, seeds 1 to ${repeats}`,
    { timeout: 30 * minutesMs },
    async () => {
      const cluster = await startCluster({ flags, ownEngines: true });
      const outcomes: FaultOutcome[] = [];
      rows.push({ name: fault.name, outcomes });
      for (let seed = 1; seed <= repeats; seed++) outcomes.push(await survive(cluster, fault, { seed: String(seed) }));
      if (isVoid) expect(await countVoid(cluster)).toBeGreaterThan(0);
    },
  );

/** Two of the faults that `faults.long.test.ts` has all of, with few subscribers: whether the table can be made. */
import { expect, test } from "vitest";
import { startCluster } from "./cluster.fixture.js";
import { areEnginesAbsent } from "./engines.fixture.js";
import { faults, formatFaultTable } from "./faults.fixture.js";
import { survive } from "./survivors.fixture.js";

const load = { seed: "1", clients: 30, marginsMs: [500, 2000] } as const;

test.skipIf(areEnginesAbsent)(
  "subscribers do not notice that a leader is killed, or that its database session ends; seed 1",
  async () => {
    const cluster = await startCluster({ ownEngines: true, flags: ["--seed", "7", "--scenario", "fan-out"] });
    const killed = await survive(cluster, faults.killed, load);
    expect(killed.takeoverMs).toBeGreaterThan(0);
    const sessionEnded = await survive(cluster, faults.sessionEnded, load);
    const table = formatFaultTable([
      { name: "killed", outcomes: [killed] },
      { name: "session ended", outcomes: [sessionEnded] },
    ]);
    expect(table).toMatch(/^\| killed +\| 1 +\| [1-9]\d* +\| [1-9]\d* +\| .*\d+ \/ \d+ +\| \d+ \/ \d+ +\| \d+ +\|$/m);
  },
);

/**
 * The leader of a cluster is killed, stopped and cut off under load: subscribers of the other members get every event
 * once and in order, and what was acknowledged is there once.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { median } from "../realism/statistics.js";
import { isClusterAbsent } from "../../server/cluster.fixture.js";
import { type Cluster, type Member, startCluster } from "./cluster.fixture.js";
import { isNetworkAbsent } from "./network.fixture.js";
import { type FaultOutcome, survive } from "./survivors.fixture.js";

const flags = ["--seed", "7", "--scenario", "fan-out"];
const minutesMs = 60_000;
const stoppedMs = 3000;
const cutMs = 4000;

function report(name: string, outcomes: readonly FaultOutcome[]): void {
  const sum = (of: (outcome: FaultOutcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const received = sum(({ summaries }) => summaries.reduce((total, { deliveries }) => total + deliveries.received, 0));
  const takeovers = outcomes.map(({ takeoverMs }) => takeoverMs);
  const late = outcomes.map(({ latestMs }) => latestMs);
  process.stdout.write(
    `${name}: ${outcomes.length} times; ${received} deliveries whole; ${sum(({ posts }) => posts)} posts once; ` +
      `takeover median ${median(takeovers)} ms, worst ${Math.max(...takeovers)} ms; ` +
      `latest delivery median ${median(late).toFixed(0)} ms, worst ${Math.max(...late).toFixed(0)} ms\n`,
  );
}

async function repeat(times: number, cluster: Cluster, fault: (leader: Member) => Promise<void>) {
  const outcomes: FaultOutcome[] = [];
  for (let time = 0; time < times; time++) outcomes.push(await survive(cluster, fault));
  return outcomes;
}

/** How many entries of a leader that was none any more the members have ignored. */
async function countVoid({ members }: Cluster): Promise<number> {
  const healths = await Promise.all(members.map((member) => member.health()));
  return healths.reduce((total, health) => total + (health?.entries["void"] ?? 0), 0);
}

const kills = 20;
const stops = 10;
const cuts = 10;

test.skipIf(isClusterAbsent)(
  `${kills} kills of the leader under load: survivors lose nothing, and no post is lost or doubled`,
  { timeout: 30 * minutesMs },
  async () => {
    const cluster = await startCluster({ flags });
    const outcomes = await repeat(kills, cluster, async (leader) => {
      await leader.kill();
      await leader.start();
    });
    report("killed", outcomes);
  },
);

test.skipIf(isClusterAbsent)(
  `${stops} stops of the leader under load: what it decides afterwards is void`,
  { timeout: 30 * minutesMs },
  async () => {
    const cluster = await startCluster({ flags });
    const outcomes = await repeat(stops, cluster, async (leader) => {
      leader.stop();
      await sleep(stoppedMs);
      leader.resume();
    });
    report("stopped", outcomes);
    expect(await countVoid(cluster)).toBeGreaterThan(0);
  },
);

test.skipIf(isClusterAbsent || isNetworkAbsent)(
  `${cuts} cut links of the leader under load: what it decides meanwhile is void`,
  { timeout: 30 * minutesMs },
  async () => {
    const cluster = await startCluster({ flags, isolated: true });
    const outcomes = await repeat(cuts, cluster, async ({ host }) => {
      host!.cut();
      await sleep(cutMs);
      host!.mend();
    });
    report("cut off", outcomes);
    expect(await countVoid(cluster)).toBeGreaterThan(0);
  },
);

/** A member joins a cluster with a long past: it loads the latest snapshot and plays on from there. */
import { expect, test } from "vitest";
import type { Simulation } from "../../schemas/index.js";
import { isClusterAbsent } from "../../server/cluster.fixture.js";
import { type Member, startCluster } from "./cluster.fixture.js";

const ticks = 1_000_000;
const readyMsMax = 2000;
const rounds = 5;

async function simulationOf(member: Member): Promise<Simulation> {
  return (await (await member.fetch("/api/simulation")).json()) as Simulation;
}

async function setSpeed(member: Member, speed: number): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await member.fetch("/api/simulation/speed", {
    method: "POST",
    headers,
    body: JSON.stringify({ speed }),
  });
  expect(response.status).toBe(200);
}

test.skipIf(isClusterAbsent)(
  "a member joins a market of 1,000,000 played ticks and is ready within 2 s, five times",
  { timeout: 40 * 60_000 },
  async () => {
    const { members } = await startCluster({ members: 2, flags: ["--seed", "7"] });
    const [stays, joins] = members as readonly [Member, Member];
    await setSpeed(stays, 1000);
    const tickOf = async (): Promise<number> => (await simulationOf(stays)).tick;
    await expect.poll(tickOf, { timeout: 30 * 60_000, interval: 2000 }).toBeGreaterThan(ticks);
    await setSpeed(stays, 1);
    const readyMs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      expect(await joins.terminate()).toBe(0);
      const startMs = performance.now();
      await joins.start();
      readyMs.push(Math.round(performance.now() - startMs));
    }
    process.stdout.write(`from its start to ready, ms: ${readyMs.join(", ")}\n`);
    expect(Math.max(...readyMs)).toBeLessThan(readyMsMax);
  },
);

/** Members of one cluster whose hosts were started a day apart: the second is in a time namespace of its own. */
import { spawnSync } from "node:child_process";
import { expect, onTestFinished, test, vi } from "vitest";
import type { CommandList, Health, Simulation } from "../schemas/index.js";
import { isClusterAbsent, leaderOf, post, startMember, status, token } from "../server/cluster.fixture.js";
import { redisUrl } from "../server/cluster/redis.fixture.js";
import { postgresSchema } from "../server/store/store.fixture.js";
import { startServerProcess } from "./server-process.js";

const unshare = ["unshare", "--time", "--monotonic", "86400"] as const;
const isForbidden = spawnSync(unshare[0], [...unshare.slice(1), "true"]).status !== 0;
if (isForbidden) {
  const sentence = "Not allowed to make a time namespace (unshare --time); it takes root on Linux.";
  if (process.env["CI"] === "true") throw new Error(sentence);
  process.stderr.write(`Skipped the test of a cluster over hosts. ${sentence}\n`);
}

/** On a machine that is shared a round trip may take as long; the fastest of a few does not. */
const uncertaintyNsMax = 50_000_000;

/** A member's answer, which must tell this process's clock to within what it states. */
async function readClock(url: string): Promise<Simulation & { readonly monotonicUncertaintyNs: number }> {
  const sentNs = process.hrtime.bigint();
  const simulation = await status({ url });
  const receivedNs = process.hrtime.bigint();
  const { monotonicNs, monotonicUncertaintyNs = Number.NaN } = simulation;
  const [toldNs, errorNs] = [BigInt(monotonicNs), BigInt(monotonicUncertaintyNs)];
  expect(toldNs + errorNs).toBeGreaterThanOrEqual(sentNs);
  expect(toldNs - errorNs).toBeLessThanOrEqual(receivedNs);
  return { ...simulation, monotonicUncertaintyNs };
}

test.skipIf(isClusterAbsent || isForbidden)(
  "members on hosts that were started a day apart tell one clock, before and after a change of leader",
  async () => {
    const store = await postgresSchema();
    const first = await startMember(store);
    await leaderOf([first]);
    const flags = ["--port", "0", "--seed", "7", "--scenario", "fan-out", "--store", store, "--cluster", redisUrl];
    const other = await startServerProcess(flags, { token, launcher: [...unshare, process.execPath] });
    onTestFinished(() => other.stop());
    await vi.waitFor(async () => expect((await fetch(`${other.url}/readyz`)).status).toBe(200), 60_000);

    const atFirst = await readClock(first.url);
    expect(atFirst.monotonicUncertaintyNs).toBe(0);
    const atOther = await vi.waitFor(async () => {
      const answer = await readClock(other.url);
      expect(answer.monotonicUncertaintyNs).toBeLessThan(uncertaintyNsMax);
      return answer;
    }, 60_000);
    expect(atOther.monotonicUncertaintyNs).toBeGreaterThan(0);
    // A slip between the two answers adds one.
    expect(atOther.anchors.slice(0, atFirst.anchors.length)).toEqual(atFirst.anchors);

    const beforeNs = process.hrtime.bigint();
    expect((await post(other, "/api/sectors", { id: "sector-far", name: "Far" })).status).toBe(201);
    const headers = { authorization: `Bearer ${token}` };
    const log = (await (await fetch(`${other.url}/api/simulation/commands`, { headers })).json()) as CommandList;
    const acceptedNs = BigInt(log.data.at(-1)?.acceptedNs ?? "0");
    expect(acceptedNs > beforeNs && acceptedNs < process.hrtime.bigint()).toBe(true);

    await first.close();
    await vi.waitFor(async () => {
      const { member } = (await (await fetch(`${other.url}/health`)).json()) as Health;
      expect(member?.role).toBe("leader");
    }, 60_000);
    await vi.waitFor(async () => expect((await status(other)).tick).toBeGreaterThan(atOther.tick + 20), 60_000);
    const afterwards = await readClock(other.url);
    expect(afterwards.monotonicUncertaintyNs).toBeGreaterThan(0);
    expect(afterwards.monotonicUncertaintyNs).toBeLessThan(2 * uncertaintyNsMax);
    expect(afterwards.anchors.slice(0, atOther.anchors.length)).toEqual(atOther.anchors);

    const late = await startMember(store);
    await vi.waitFor(async () => expect((await fetch(`${late.url}/readyz`)).status).toBe(200), 60_000);
    const atLate = await readClock(late.url);
    expect(atLate.monotonicUncertaintyNs).toBeGreaterThan(afterwards.monotonicUncertaintyNs);
    expect(atLate.anchors.slice(0, atOther.anchors.length)).toEqual(atOther.anchors);
  },
);

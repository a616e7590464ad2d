/** A process with many members of a cluster that nobody subscribes to. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Simulation } from "../../schemas/index.js";
import { type Max, startMax } from "../../server/main.js";

export interface MembersOptions {
  readonly count: number;
  readonly redisUrl: string;
  /** Postgres. */
  readonly store: string;
  readonly token: string;
}

const members: Max[] = [];

async function untilReady(url: string): Promise<void> {
  while ((await fetch(`${url}/readyz`)).status !== 200) await sleep(50);
}

export const handlers = {
  /** Starts one after another; resolves when all are ready. */
  async start({ count, redisUrl, store, token }: MembersOptions): Promise<void> {
    for (let at = 0; at < count; at++) {
      const max = await startMax({
        port: 0,
        seed: "7",
        scenario: "fan-out",
        store,
        token,
        cluster: { redis: redisUrl },
      });
      members.push(max);
      await untilReady(max.url);
    }
  },

  /** Of this process so far, microseconds. */
  cpuUs(): number {
    const { user, system } = process.cpuUsage();
    return user + system;
  },

  /** What each shows, while the market stands still. */
  async digests(): Promise<readonly string[]> {
    const shown = members.map(async ({ url }) => {
      const response = await fetch(`${url}/api/simulation`);
      const { tick, digest } = (await response.json()) as Pick<Simulation, "tick" | "digest">;
      return `${tick} ${digest}`;
    });
    return await Promise.all(shown);
  },
};

/** A server that tells to be one of three members, whatever it is. */
import type { Page } from "playwright-core";
import type { ClusterMember, Health, HealthMember } from "../../../schemas/index.js";

const first: ClusterMember = {
  id: "5f0c1b7a",
  url: "http://localhost:8000",
  role: "follower",
  epoch: 1,
  tick: 4000,
  behindTicks: 0,
  subscribers: 12,
  silentMs: 0,
  heardAgoMs: 23_400,
};

/** The first has died, the second leads, the third is behind and answers the page. */
export const members: readonly ClusterMember[] = [
  first,
  {
    ...first,
    id: "91d2e3f4",
    url: "http://localhost:8001",
    role: "leader",
    epoch: 2,
    tick: 4711,
    subscribers: 1250,
    heardAgoMs: 900,
  },
  { ...first, id: "c0ffee12", url: "http://localhost:8002", epoch: 2, tick: 4708, behindTicks: 3, heardAgoMs: 0 },
];

/** @param more what it tells otherwise than that */
export async function tellOfCluster(page: Page, more: () => Partial<HealthMember> = () => ({})): Promise<void> {
  const simulation = { seed: "42", scenario: "trading-day", tick: 4711, speed: 1, state: "playing" } as const;
  await page.route("**/health", async (route) => {
    const own = { id: "c0ffee12", role: "follower", epoch: 2, silentMs: 0, entries: {} } as const;
    const member = { ...own, leadsForMs: 192_000, members: [...members], ...more() };
    const health: Health = { status: "ok", uptimeSeconds: 60, version: "0.2.0", simulation, member };
    await route.fulfill({ json: health });
  });
}

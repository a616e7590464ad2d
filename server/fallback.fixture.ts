/** Members of a cluster, each with ways of its own to Redis and Postgres that can be cut. */
import { expect, vi } from "vitest";
import type { SectorList } from "../schemas/index.js";
import { leaderOf, post, read, startMember, status } from "./cluster.fixture.js";
import { redisUrl } from "./cluster/redis.fixture.js";
import type { Max } from "./main.js";
import { type CuttableWay, startCuttableWay } from "./store/breakable-proxy.fixture.js";
import { postgresSchema } from "./store/store.fixture.js";

/** What comes by the stream alone has another place among what comes by the row. */
export const withoutBroadcasts = (stream: readonly string[]) => stream.filter((event) => !event.includes('"marker"'));

export interface Peer {
  readonly max: Max;
  readonly redis: CuttableWay;
  readonly postgres: CuttableWay;
}

export async function startPeer(store: string): Promise<Peer> {
  const [redis, postgres] = [await startCuttableWay(redisUrl), await startCuttableWay(store)];
  return { max: await startMember(postgres.url, { cluster: { redis: redis.url } }), redis, postgres };
}

export async function startPeers(
  count: number,
): Promise<{ peers: readonly Peer[]; leader: Peer; followers: readonly Peer[] }> {
  const store = await postgresSchema();
  const peers: Peer[] = [];
  for (let at = 0; at < count; at++) peers.push(await startPeer(store));
  const leading = await leaderOf(peers.map(({ max }) => max));
  const leader = peers.find(({ max }) => max === leading)!;
  return { peers, leader, followers: peers.filter((peer) => peer !== leader) };
}

export async function expectTicks({ max }: Pick<Peer, "max">, count = 6): Promise<void> {
  const { tick } = await vi.waitFor(() => status(max), 60_000);
  await vi.waitFor(async () => expect((await status(max)).tick).toBeGreaterThan(tick + count), 60_000);
}

export const create = (max: Max, id: string) => post(max, "/api/sectors", { id, name: id });

export async function expectSector({ max }: Pick<Peer, "max">, id: string): Promise<void> {
  // Whoever cannot tell yet says so: 503.
  const { data } = await vi.waitFor(() => read<SectorList>(max, "/api/sectors?limit=200"), 60_000);
  expect(data.map((sector) => sector.id)).toContain(id);
}

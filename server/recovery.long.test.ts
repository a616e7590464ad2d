/** Clients whose connections break come back to any member of a cluster and have missed nothing. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { isClusterAbsent as isAbsent, leaderOf, post, scrape, startMember, status } from "./cluster.fixture.js";
import type { Max } from "./main.js";
import { RoamingClient, expectWhole } from "./roaming-client.fixture.js";
import { postgresSchema } from "./store/store.fixture.js";

const options = { recovery: true, speed: 4 };

/** Application code and people, until the test ends. */
function stir(members: readonly Max[]): void {
  const over = new AbortController();
  onTestFinished(() => over.abort());
  async function run(): Promise<void> {
    for (let value = 0; !over.signal.aborted; value++) {
      const max = members[value % members.length];
      max.realtime.batch(() => {
        max.realtime.broadcastMarketUpdate({ sectorId: "marker", value });
        max.realtime.broadcastMarketUpdate({ sectorId: "marker", value: value + 0.5 });
      });
      if (value % 5 === 0) await post(max, "/api/discussions/disc-001/messages", { content: "said", authorId: "x" });
      await sleep(15);
    }
  }
  run().catch((error: unknown) => {
    if (!over.signal.aborted) throw error;
  });
}

test.skipIf(isAbsent)(
  "clients that move between three members, one of which joins meanwhile, get every event once",
  async () => {
    const store = await postgresSchema();
    const members = [await startMember(store, options), await startMember(store, options)];
    await leaderOf(members);
    stir(members);
    const stream = await RoamingClient.join(members[0].url);
    const clients = await Promise.all(Array.from({ length: 12 }, (_, at) => RoamingClient.join(members[at % 2].url)));
    async function roam(client: RoamingClient, at: number): Promise<void> {
      client.cut();
      await sleep(10 + 40 * (at % 5));
      await client.comeBack(() => [members[at % members.length].url]);
    }
    for (let round = 0; round < 4; round++) await Promise.all(clients.map((client, at) => roam(client, at + round)));

    for (const client of clients) client.cut();
    const late = await startMember(store, options);
    members.push(late);
    await Promise.all(clients.map((client) => client.comeBack(() => [late.url])));
    for (let round = 0; round < 3; round++) await Promise.all(clients.map((client, at) => roam(client, at + round)));
    const length = stream.received.length + 100;
    await vi.waitFor(() => {
      const lengths = [stream, ...clients].map(({ received }) => received.length);
      expect(Math.min(...lengths)).toBeGreaterThan(length);
    }, 60_000);
    for (const client of clients) client.cut();
    const isStreamAhead = () => clients.every(({ received }) => stream.received.includes(received.at(-1)!));
    await vi.waitFor(() => expect(isStreamAhead()).toBe(true), 60_000);
    expect(clients.map(({ returns, anew }) => ({ returns, anew }))).toEqual(
      clients.map(() => ({ returns: 8, anew: 0 })),
    );
    expectWhole(clients, stream.received);
    expect(stream.received.filter((event) => event.includes('"marker"')).length).toBeGreaterThan(100);
    const recovered = await Promise.all(members.map(async (max) => (await scrape(max))("max_recovered_total")));
    expect(recovered.reduce((sum, count) => sum + count, 0)).toBe(8 * clients.length);
    expect((await status(late)).tick).toBeGreaterThan(0);
  },
);

/**
 * Stock clients that come back to any member of a cluster after a break: whether their connection was cut, their member
 * was killed, or all members are restarted one after another, they miss nothing and have nothing twice.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { isClusterAbsent } from "../../server/cluster.fixture.js";
import { RoamingClient, expectWhole } from "../../server/roaming-client.fixture.js";
import { type Member, startCluster } from "./cluster.fixture.js";

const flags = ["--recovery", "--seed", "7", "--scenario", "fan-out"];
const minutesMs = 60_000;
const postEveryMs = 50;

/** Posts until the test ends; what is refused meanwhile is not sent again. */
function postSteadily(member: Member): void {
  const timer = setInterval(() => {
    const init = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ content: "said", authorId: "someone" }),
    };
    member.fetch("/api/discussions/disc-001/messages", init).then(
      (response) => response.arrayBuffer(),
      () => {},
    );
  }, postEveryMs);
  onTestFinished(() => clearInterval(timer));
}

interface Crowd {
  /** Those that clients may come to. */
  readonly up: Set<Member>;
  readonly urls: () => readonly string[];
  readonly clients: readonly RoamingClient[];
  /** Cuts all of them, and judges what they have had by what a client had that was never cut. */
  judge(name: string): Promise<void>;
}

/** Clients of three members, in turn; a fourth one, which nothing is done to, tells what all must have had. */
async function gather(count: number): Promise<Crowd & { readonly members: readonly Member[] }> {
  const cluster = await startCluster({ members: 4, flags });
  const [witness, ...members] = cluster.members;
  postSteadily(witness);
  const up = new Set<Member>(members);
  const stream = await RoamingClient.join(witness.url);
  const clients = await Promise.all(
    Array.from({ length: count }, (_, at) => RoamingClient.join(members[at % members.length].url)),
  );
  return {
    members,
    up,
    urls: () => [...up].map(({ url }) => url),
    clients,
    async judge(name) {
      const reached = stream.received.length + 100;
      const isThere = () => clients.every((client) => client.isConnected) && stream.received.length > reached;
      await vi.waitFor(() => expect(isThere()).toBe(true), minutesMs);
      for (const client of clients) client.leave();
      await vi.waitFor(() => {
        for (const { received } of clients) expect(stream.received).toContain(received.at(-1));
      }, minutesMs);
      const sum = (of: (client: RoamingClient) => number) => clients.reduce((total, client) => total + of(client), 0);
      process.stdout.write(
        `${name}: ${clients.length} clients came back ${sum(({ returns }) => returns)} times, ` +
          `${sum(({ anew }) => anew)} anew; the last one after ${Math.max(...clients.map(({ awayMsMax }) => awayMsMax)).toFixed(0)} ms; ` +
          `${sum(({ received }) => received.length)} events, each once\n`,
      );
      expect(sum(({ anew }) => anew)).toBe(0);
      expectWhole(clients, stream.received);
    },
  };
}

const cutClients = 50;
const cutsEach = 10;
const [cutMsMin, cutMsMax] = [100, 20_000];

test.skipIf(isClusterAbsent)(
  `${cutClients * cutsEach} cuts of 0.1 to 20 s, each with a return to another member: 0 missed, 0 doubled`,
  { timeout: 15 * minutesMs },
  async () => {
    const crowd = await gather(cutClients);
    await Promise.all(
      crowd.clients.map(async (client, at) => {
        for (let cut = 1; cut <= cutsEach; cut++) {
          // Spread evenly over the lengths and their logarithms, and over the members.
          const share = ((at * cutsEach + cut) * 0.618034) % 1;
          await sleep(200 + share * 1000);
          client.cut();
          await sleep(cutMsMin * (cutMsMax / cutMsMin) ** share);
          const { length } = crowd.members;
          await client.comeBack(() => [crowd.members[(at + cut) % length].url]);
        }
      }),
    );
    await crowd.judge("cut");
  },
);

const killClients = 60;

test.skipIf(isClusterAbsent)(
  `${killClients} clients of three members that are killed one after another come back: 0 missed, 0 doubled`,
  { timeout: 10 * minutesMs },
  async () => {
    const crowd = await gather(killClients);
    for (const client of crowd.clients) client.roam(crowd.urls);
    for (const member of crowd.members) {
      crowd.up.delete(member);
      await member.kill();
      await sleep(1000);
      await member.start();
      crowd.up.add(member);
      await sleep(1000);
    }
    await crowd.judge("killed");
    expect(crowd.clients.every(({ returns }) => returns > 0)).toBe(true);
  },
);

const restartClients = 300;
const backMsMax = 10_000;

test.skipIf(isClusterAbsent)(
  `${restartClients} clients of three members that are restarted one after another: 0 miss an event, 0 have one twice`,
  { timeout: 10 * minutesMs },
  async () => {
    const crowd = await gather(restartClients);
    for (const client of crowd.clients) client.roam(crowd.urls);
    for (const member of crowd.members) {
      crowd.up.delete(member);
      expect(await member.terminate()).toBe(0);
      await member.start();
      crowd.up.add(member);
      await sleep(1000);
    }
    await crowd.judge("restarted");
    expect(Math.max(...crowd.clients.map(({ awayMsMax }) => awayMsMax))).toBeLessThan(backMsMax);
  },
);

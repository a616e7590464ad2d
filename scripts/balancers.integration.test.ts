/** The load balancers of scripts/examples/cluster, as they are, in front of servers that trust them. */
import { once } from "node:events";
import { request } from "node:http";
import type { Socket } from "socket.io-client";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Max, type StartOptions, startMax } from "../server/main.js";
import { scrape, token } from "../server/cluster.fixture.js";
import {
  agentOf,
  areBalancersAbsent,
  balancers,
  connect,
  replaceOnce,
  startBalancer,
  ways,
} from "./balancers.fixture.js";

const trusting = { token, trustProxy: ["127.0.0.1"] } as const;

async function isLetIn(socket: Socket): Promise<boolean> {
  return await new Promise((resolve) => {
    socket.once("connect", () => resolve(true));
    socket.once("connect_error", () => resolve(false));
  });
}

/** The statuses of so many requests, each with these headers. */
async function ask(url: string, address: string, headersOf: (index: number) => Record<string, string>, count = 6) {
  const agent = agentOf(address);
  const statuses: (number | undefined)[] = [];
  for (let index = 0; index < count; index += 1) {
    const sent = request(`${url}/api/sectors`, { agent, headers: headersOf(index) }).end();
    const [response] = await once(sent, "response");
    response.resume();
    statuses.push(response.statusCode as number);
    await once(response, "end");
  }
  return statuses;
}

async function start(options: StartOptions): Promise<Max> {
  const max = await startMax({ port: 0, ...trusting, ...options });
  onTestFinished(() => max.close());
  return max;
}

describe.skipIf(areBalancersAbsent).each(balancers)("behind %s", (_name, balancer, change) => {
  test("limits count the addresses of clients, and no client can name another", async () => {
    const limits = { connectionsPerPeerMax: 2 };
    const max = await start({ clock: "manual", rateLimit: { requestsMax: 4 }, limits });
    const url = await startBalancer(balancer, [max.url], change);
    const limited = [200, 200, 200, 200, 429, 429];
    expect(await ask(url, "127.0.0.2", () => ({}))).toEqual(limited);
    expect(await ask(url, "127.0.0.3", (index) => ({ "x-forwarded-for": `198.51.100.${index}` }))).toEqual(limited);
    expect(await ask(url, "127.0.0.4", (index) => ({ forwarded: `for=198.51.100.${index}` }))).toEqual(limited);
    for (const options of ways) {
      const address = `127.0.1.${ways.indexOf(options)}`;
      const letIn: boolean[] = [];
      for (let count = 0; count < 3; count += 1) letIn.push(await isLetIn(connect(url, address, options)));
      expect(letIn).toEqual([true, true, false]);
    }
    // Past the balancer, from an address that is not trusted.
    const forged = (index: number) => ({ "x-forwarded-for": `198.51.100.${index}` });
    expect(await ask(`http://127.0.0.1:${new URL(max.url).port}`, "127.0.0.9", forged)).toEqual(limited);
  });
});

test.skipIf(areBalancersAbsent).each(["haproxy", "nginx"] as const)(
  "behind %s without --trust-proxy all clients together have one client's limit",
  async (balancer) => {
    const max = await start({ clock: "manual", trustProxy: [], limits: { connectionsPerPeerMax: 2 } });
    const url = await startBalancer(balancer, [max.url]);
    const letIn: boolean[] = [];
    for (const address of ["127.0.0.2", "127.0.0.3", "127.0.0.4"])
      letIn.push(await isLetIn(connect(url, address, { transports: ["websocket"] })));
    expect(letIn).toEqual([true, true, false]);
  },
);

test.skipIf(areBalancersAbsent)("without sticky sessions polling clients fail, which the members count", async () => {
  const members = [await start({}), await start({}), await start({})];
  const url = await startBalancer(
    "haproxy",
    members.map((member) => member.url),
    (text) => replaceOnce(text.replaceAll(/ cookie m\d/g, ""), "    cookie max-member", "    # cookie max-member"),
  );
  const socket = connect(url, "127.0.0.2", { transports: ["polling"], reconnection: true, reconnectionDelay: 10 });
  const refused = async () => {
    const counts = await Promise.all(
      members.map(async (member) => (await scrape(member))('max_handshakes_refused_total{reason="unknownSession"}')),
    );
    return counts.filter((count) => count > 0).length;
  };
  await expect.poll(refused).toBeGreaterThan(1);
  expect(socket.connected).toBe(false);
});

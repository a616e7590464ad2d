/** Why a subscription never came to be: the system's error tells the server's fault from this machine's own. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { attack, startServer } from "../loadtest.fixture.js";
import type { Plan } from "../../schemas/index.js";
import type { SubscriberKind } from "../oracle/subscriber-kind.js";
import type { StreamMatcher } from "../oracle/stream-matcher.js";
import { ControlSubscriber } from "./control-subscriber.js";
import { createUpgradeRequest } from "./handshake.js";
import type { Subscriber, SubscriberEvents } from "./subscriber.js";
import { ThinSubscriber } from "./thin-subscriber.js";

async function refusalOf(kind: SubscriberKind, origin: string): Promise<string> {
  const target = { origin, path: "/socket.io/", headers: {}, auth: undefined };
  // Nothing arrives, so nothing is followed.
  const matcher = {} as StreamMatcher;
  return new Promise((resolve, reject) => {
    const unexpected = (subscriber: Subscriber): void => reject(new Error(`${subscriber.kind} was connected`));
    const refused = (_: Subscriber, reason: string): void => resolve(reason);
    const violated = (): void => reject(new Error("a protocol was broken"));
    const events: SubscriberEvents = {
      connected: unexpected,
      dropped: unexpected,
      violated,
      refused,
      delivered: () => {},
      judged: () => {},
    };
    const subscriber =
      kind === "thin"
        ? new ThinSubscriber(createUpgradeRequest(target), matcher, events)
        : new ControlSubscriber(kind, target, matcher, events);
    subscriber.open();
  });
}

test.each(["thin", "websocket", "polling"] as const)(
  "a %s subscriber that is refused tells the error",
  async (kind) => {
    const gone = createServer().listen(0, "127.0.0.1");
    await once(gone, "listening");
    const { port } = gone.address() as AddressInfo;
    gone.close();
    await once(gone, "close");
    expect(await refusalOf(kind, `http://127.0.0.1:${port}`)).toBe("ECONNREFUSED");
  },
);

const perAddress =
  "Your address has as many connections as it may (--max-per-address, limits.connectionsPerPeerMax in the library)";

test.each([
  ["thin", `refused with 429: ${perAddress}`],
  // Its library keeps what the answer says to itself.
  ["websocket", "refused with 429"],
  ["polling", `refused with 429: ${perAddress}`],
] as const)("a %s subscriber that finds its server full tells which limit it was", async (kind, reason) => {
  const max = await startServer({ limits: { connectionsPerPeerMax: 1 } });
  const first = await fetch(`${max.url}/socket.io/?EIO=4&transport=polling`);
  expect(first.status).toBe(200);
  expect(await refusalOf(kind, max.url)).toBe(reason);
});

test("the report names the limit that refused subscribers, and its flag", async () => {
  const max = await startServer({ limits: { connectionsPerPeerMax: 12 } });
  const plan: Plan = {
    name: "crowded",
    description: "More than there is room for.",
    clients: 20,
    stages: [{ kind: "hold", durationMs: 300 }],
  };
  const { summary } = await attack(max, { plan });
  const { refused } = summary.clients;
  // The session of the run's own probe has a place for a while, too.
  expect([summary.verdict, refused >= 8]).toEqual(["FAIL", true]);
  expect(summary.reasons.join()).toContain(
    `${refused} subscribers refused: ${refused} × refused with 429: ${perAddress}`,
  );
});

test("a run that finds its server full ends with the limit", async () => {
  const max = await startServer({ limits: { connectionsPerPeerMax: 1 } });
  expect((await fetch(`${max.url}/socket.io/?EIO=4&transport=polling`)).status).toBe(200);
  await expect(attack({ url: max.url })).rejects.toMatchObject({
    code: "refused",
    message: expect.stringContaining(
      `refuses subscribers: refused with 429: ${perAddress}. It is at a limit`,
    ) as string,
  });
});

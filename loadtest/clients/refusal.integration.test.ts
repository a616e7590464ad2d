/** Why a subscription never came to be: the system's error tells the server's fault from this machine's own. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import type { StreamMatcher } from "../oracle/stream-matcher.js";
import { ControlSubscriber } from "./control-subscriber.js";
import { createUpgradeRequest } from "./handshake.js";
import type { Subscriber, SubscriberEvents, SubscriberKind } from "./subscriber.js";
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

/** No subscriber of ours lets frames be compressed: reading them back would wait for a thread, each frame by itself. */
import { expect, test } from "vitest";
import { runContract } from "../contract/index.js";
import { attackForeign, startForeign } from "../foreign.fixture.js";

/** What the connections to a server offered. */
async function offersOf(connect: (url: string) => Promise<unknown>): Promise<unknown[]> {
  const offers: unknown[] = [];
  const url = await startForeign(
    (nowMs) => new Date(nowMs).toISOString(),
    ({ handshake: { headers } }) => {
      offers.push(headers["sec-websocket-extensions"]);
      return true;
    },
  );
  await connect(url);
  expect(offers.length).toBeGreaterThan(1);
  return offers.filter((offer) => offer !== undefined);
}

test("of the load test", async () => {
  expect(await offersOf(attackForeign)).toEqual([]);
});

test("of the contract checker", async () => {
  expect(await offersOf((url) => runContract({ url, forMs: 200, profile: "realtime" }))).toEqual([]);
});

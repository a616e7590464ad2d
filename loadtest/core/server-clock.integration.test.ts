import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type ClockEvidence, ServerClock } from "./server-clock.js";

/** A server of which only the clock is of interest. */
async function startClock(aheadMs: number | undefined): Promise<{ readonly base: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response.sendDate = false;
    if (aheadMs !== undefined) response.setHeader("date", new Date(Date.now() + aheadMs).toUTCString());
    response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const elsewhere = new URL("http://market.example");
const headers = { authorization: "Bearer mine" };

test("a server elsewhere is asked for its clock with small requests that bear the run's headers", async () => {
  const { base, asked } = await startClock(90_000);
  const clock = new ServerClock({ url: elsewhere, base, headers });
  onTestFinished(() => clock.stop());
  await clock.start();
  const { bounds, ...rest } = clock.evidence;
  expect(rest).toEqual({ isThisHost: false, readings: 1 });
  expect(bounds?.lowMs).toBeLessThanOrEqual(90_000);
  expect(bounds?.highMs).toBeGreaterThanOrEqual(90_000);
  expect(asked).toEqual(["HEAD /health Bearer mine"]);
});

test("a server that tells no time, or nothing, leaves it unknown", async () => {
  const { base } = await startClock(undefined);
  for (const place of [base, "http://127.0.0.1:1"]) {
    const clock = new ServerClock({ url: elsewhere, base: place, headers });
    await clock.start();
    clock.stop();
    expect(clock.evidence).toEqual({ isThisHost: false, bounds: undefined, readings: 0 });
  }
});

/** What is known after one answer of a server at this address whose clock, or at least its header, is so far ahead. */
async function askOnce(host: string, aheadMs: number | undefined): Promise<ClockEvidence> {
  const { base } = await startClock(aheadMs);
  const clock = new ServerClock({ url: new URL(`http://${host}:8000`), base, headers });
  await clock.ask();
  return clock.evidence;
}

test.each(["localhost", "127.0.0.1", "127.4.5.6", "[::1]"])("%s has the same clock", async (host) => {
  const same = { isThisHost: true, bounds: { lowMs: 0, highMs: 0 } };
  expect(await askOnce(host, 0)).toEqual({ ...same, readings: 1 });
  expect(await askOnce(host, undefined)).toEqual({ ...same, readings: 0 });
  // A header that a timer renews is late.
  expect(await askOnce(host, -900)).toEqual({ ...same, readings: 1 });
});

test.each([90_000, -5000])("a forwarded port, whose server's clock is %i ms ahead, is elsewhere", async (aheadMs) => {
  const { isThisHost, bounds } = await askOnce("localhost", aheadMs);
  expect(isThisHost).toBe(false);
  expect(bounds?.lowMs).toBeLessThanOrEqual(aheadMs);
  expect(bounds?.highMs).toBeGreaterThanOrEqual(aheadMs);
});

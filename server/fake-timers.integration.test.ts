/** A server in a front end's test, which fakes the timers and clocks that the front end uses. */
import { afterEach, expect, test, vi } from "vitest";
import { io } from "socket.io-client";
import { type StartOptions, startMax } from "./main.js";

afterEach(() => void vi.useRealTimers());

const frozen: StartOptions = { port: 0, seed: "42", clock: "manual", drainMs: 50 };
const everything = [
  "Date",
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "setImmediate",
  "clearImmediate",
  "performance",
  "hrtime",
] as const;

test("a server that was started before the timers are faked answers, stores, advances and closes", async () => {
  const max = await startMax(frozen);
  vi.useFakeTimers({ toFake: [...everything] });
  expect((await fetch(`${max.url}/api/sectors`)).status).toBe(200);
  const body = JSON.stringify({ title: "Frozen" });
  const headers = { "Content-Type": "application/json" };
  expect((await fetch(`${max.url}/api/discussions`, { method: "POST", headers, body })).status).toBe(201);
  max.advance("1m");
  await max.close();
});

test("a subscriber is served, and closing does not wait for it", async () => {
  const max = await startMax(frozen);
  const socket = io(max.url, { transports: ["websocket"], reconnection: false });
  await new Promise<void>((resolve) => void socket.once("connect", resolve));
  vi.useFakeTimers({ toFake: [...everything] });
  const update = new Promise((resolve) => void socket.once("market:update", resolve));
  max.advance("1s");
  await update;
  await max.close();
  vi.useRealTimers();
  socket.disconnect();
});

test("a polling subscriber is served, and closing does not wait for it", async () => {
  const max = await startMax(frozen);
  vi.useFakeTimers({ toFake: [...everything] });
  const polling = `${max.url}/socket.io/?EIO=4&transport=polling`;
  const { sid } = JSON.parse((await (await fetch(polling)).text()).slice(1)) as { sid: string };
  await (await fetch(`${polling}&sid=${sid}`, { method: "POST", body: "40" })).text();
  max.advance("1s");
  const connected = await (await fetch(`${polling}&sid=${sid}`)).text();
  const events = connected.includes("market:update") ? connected : await (await fetch(`${polling}&sid=${sid}`)).text();
  expect(events).toContain("market:update");
  await max.close();
});

test("a server is started, reset to another market and closed while all timers are faked", async () => {
  vi.useFakeTimers({ toFake: [...everything] });
  const max = await startMax(frozen);
  max.advance("1s");
  const reset = { method: "POST", headers: { Authorization: `Bearer ${max.token}` } };
  expect((await fetch(`${max.url}/api/simulation/reset`, reset)).status).toBe(200);
  await max.close();
});

test("a market with a clock ticks while all timers are faked", async () => {
  vi.useFakeTimers({ toFake: [...everything], now: new Date("2020-02-08T20:10:21.520Z") });
  const max = await startMax({ port: 0, drainMs: 50 });
  const socket = io(max.url, { transports: ["websocket"], reconnection: false });
  await new Promise((resolve) => void socket.once("market:update", resolve));
  socket.disconnect();
  await max.close();
});

import { expect, test } from "vitest";
import { type Arrival, Inbox, latestOf } from "./inbox.js";

const arrival = (name: string, payload: unknown): Arrival => ({ name, args: [payload], receivedMs: 0 });
const value = (sectorId: string, value: number) => arrival("market:update", { sectorId, value });
const index = (indexValue: number) => arrival("market:update", { indexValue });
const candle = (timestamp: string, value: number) =>
  arrival("sector:candle_update", { sectorId: "a", candle: { timestamp, value } });
const status = (agentId: string, status: string) => arrival("agent:status_update", { agentId, status });
const message = (id: string) => arrival("discussion:new_message", { discussionId: "d", message: { id } });

test("of what replaces each other the latest is kept, in its order; messages and what is no event are all kept", () => {
  const odd = [
    arrival("market:update", null),
    arrival("other", { sectorId: "a" }),
    { name: "market:update", args: [], receivedMs: 0 },
  ];
  const last = [message("1"), ...odd, value("b", 1), candle("09:00", 2), message("1"), candle("09:01", 1)];
  const latest = [index(2), status("x", "idle"), value("a", 3)];
  const replaced = [value("a", 1), index(1), candle("09:00", 1), status("x", "active"), value("a", 2)];
  expect(latestOf([...replaced, ...last, ...latest])).toEqual([...last, ...latest]);
});

test("a short queue is taken whole, and what is left out of a long one is counted", () => {
  const inbox = new Inbox();
  for (let n = 0; n < 100; n++) inbox.push(index(n));
  expect(inbox.take()).toHaveLength(100);
  for (let n = 0; n < 5000; n++) inbox.push(n % 1000 === 0 ? message(String(n)) : value(`s${n % 10}`, n));
  expect(inbox.take()).toHaveLength(5 + 10);
  expect(inbox.skipped).toBe(5000 - 15);
  expect(inbox.take()).toEqual([]);
});

test("a page without frames is told when to take them", () => {
  const inbox = new Inbox();
  let count = 1;
  while (!inbox.push(index(count))) count++;
  expect(count).toBe(10_000);
});

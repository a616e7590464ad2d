/** Whatever a server sends, what is counted of it stays small. */
import { expect, test } from "vitest";
import { EventAccounts, FaultCounts } from "./delivery-accounts.js";

test("events of more than 200 names share an account, and long names are cut", () => {
  const accounts = new EventAccounts();
  for (let index = 0; index < 10_000; index += 1) accounts.of(`event ${index}`).unexpected += 1;
  expect(accounts.entries()).toHaveLength(201);
  expect(accounts.of("event 9999").unexpected).toBe(9800);
  const long = new EventAccounts();
  long.of("x".repeat(10_000)).received += 1;
  long.of("x".repeat(10_000)).received += 1;
  expect(long.entries()).toEqual([
    ["x".repeat(600), { received: 2, lost: 0, duplicated: 0, reordered: 0, corrupted: 0, unexpected: 0 }],
  ]);
});

test("of a fault only an excerpt is kept", () => {
  const counts = new FaultCounts();
  const fault = {
    event: "e".repeat(10_000),
    pointer: "/".repeat(10_000),
    keyword: "changed",
    detail: "d".repeat(10_000),
  };
  counts.add(fault);
  counts.add({ ...fault, detail: "other" }, 2);
  const [{ event, pointer, detail, deliveries }] = counts.list();
  expect([event.length, pointer.length, detail.length, deliveries]).toEqual([600, 600, 600, 3]);
});

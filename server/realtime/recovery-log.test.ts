import { expect, test } from "vitest";
import { RecoveryLog, packetsAfter, unknownAfter } from "./recovery-log.js";
import type { WirePacket } from "./wire-batch.js";

function createLog(eventsMax = 100) {
  const clock = { nowMs: 1_000 };
  return { clock, log: new RecoveryLog({ breakMsMax: 60_000, eventsMax, nowMs: () => clock.nowMs }) };
}

function packets(name: string, count: number): WirePacket[] {
  return Array.from({ length: count }, (_, at) => ({ event: "x", text: `${name}.${at}`, conflationKey: null }));
}

function appendAll(log: RecoveryLog, names: readonly string[], count = 2): void {
  for (const name of names) log.append(name, packets(name, count));
}

/** The offsets behind this one. */
function behind(log: RecoveryLog, offset: string): readonly string[] | undefined {
  const place = log.find(offset);
  return place && packetsAfter(place).map(({ text }) => text);
}

test("behind an event is the rest of its batch, and every batch after it", () => {
  const { log } = createLog();
  appendAll(log, ["t1", "c1", "m5f.7"]);
  expect(behind(log, "t1.0")).toEqual(["t1.1", "c1.0", "c1.1", "m5f.7.0", "m5f.7.1"]);
  expect(behind(log, "m5f.7.0")).toEqual(["m5f.7.1"]);
  expect(behind(log, "m5f.7.1")).toEqual([]);
  expect(log.offset).toBe("m5f.7.1");
});

test.each(["t2.0", "t1.2", "t1.-1", "t1.00", "t1.0 ", "t1", "1.0", ".0", ""])("nothing is known of %j", (offset) => {
  const { log } = createLog();
  appendAll(log, ["t1"]);
  expect(log.find(offset)).toBeUndefined();
});

test("what is too old or too much is dropped, but not from under whoever has found it", () => {
  const { log, clock } = createLog(6);
  appendAll(log, ["t1", "t2", "t3"]);
  const place = log.find("t1.1")!;
  appendAll(log, ["t4"]);
  expect(log.find("t1.1")).toBeUndefined();
  expect(packetsAfter(place).map(({ text }) => text)).toEqual(["t2.0", "t2.1", "t3.0", "t3.1", "t4.0", "t4.1"]);
  clock.nowMs += 60_001;
  // Whoever has had the last one has missed nothing yet, however long nothing was broadcast.
  expect(behind(log, "t4.1")).toEqual([]);
  appendAll(log, ["t5"]);
  expect(log.find("t3.1")).toBeUndefined();
  expect(behind(log, "t4.1")).toEqual(["t5.0", "t5.1"]);
});

test("what was broadcast before this process was there is unknown until it is told", () => {
  const { log } = createLog();
  log.append("t1", undefined);
  appendAll(log, ["m5f.7"], 1);
  log.append("t2", undefined);
  appendAll(log, ["t3"], 1);
  expect(behind(log, "t3.0")).toEqual([]);
  const unknown = (offset: string) => unknownAfter(log.find(offset)!);
  expect(["t1.0", "m5f.7.0", "t3.0"].map(unknown)).toEqual(["t1", "t2", undefined]);
  log.fill((name) => (name === "t1" || name === "t2" ? packets(name, 2) : undefined));
  expect(behind(log, "t1.0")).toEqual(["t1.1", "m5f.7.0", "t2.0", "t2.1", "t3.0"]);
  expect(unknown("t1.0")).toBeUndefined();
  expect(log.find("t1.2")).toBeUndefined();
});

/** Entries as text of the stream. */
import { expect, test } from "vitest";
import type { Entry } from "./entry.js";
import type { DecidedRow } from "./decided-row.js";
import { decodeEntry, decodeRow, encodeEntry, encodeRow } from "./entry-text.js";

const check = { at: { tick: 41, sequence: 7 }, digest: "0123456789abcdef" };
const pace = {
  playing: true,
  speed: 2.5,
  slips: 1,
  anchors: [{ fromTick: 3, monotonicNs: 9_007_199_254_740_993n, intervalNs: 1e8 }],
};
const clock = { id: "c", hostId: "h", aheadNs: -9_007_199_254_740_993n, uncertaintyNs: 1200 };
const entries: readonly Entry[] = [
  { kind: "leader", epoch: 3, member: "a", url: "http://localhost:8000", pace, paceNumber: 4, clock },
  { kind: "tick", epoch: 3, tick: 42, sequence: 7, check },
  {
    kind: "command",
    epoch: 3,
    tick: 42,
    sequence: 8,
    check,
    command: { type: "deleteAgent", id: "agent-001" },
    acceptedNs: 9_007_199_254_740_993n,
  },
  { kind: "skip", epoch: 3, tick: 42, sequence: 8, toTick: 106, check },
  { kind: "pace", epoch: 3, pace, paceNumber: 4 },
  { kind: "beat", epoch: 3 },
  { kind: "resign", epoch: 3 },
  { kind: "broadcast", member: "a", number: 1, events: [] },
];

test.each(entries)("an entry comes back as it was: $kind", (entry) => {
  expect(decodeEntry(encodeEntry(entry))).toEqual(entry);
});

test("a tick takes less than 200 bytes", () => {
  const position = { tick: 100_000_000, sequence: 1_000_000 };
  const entry: Entry = { kind: "tick", epoch: 100, ...position, check: { at: position, digest: "0123456789abcdef" } };
  expect(Buffer.byteLength(encodeEntry(entry))).toBeLessThan(200);
});

test.each([
  ["{", "no JSON"],
  ["null", "none of this version"],
  ['{"kind":"toString"}', "none of this version"],
  ['{"kind":"beat"}', "none of this version"],
  ['{"kind":"tick","epoch":1,"tick":-1,"sequence":0,"check":{"at":{"tick":0,"sequence":0},"digest":""}}', "none of"],
])("%j is refused", (text, sentence) => {
  expect(() => decodeEntry(text)).toThrow(sentence);
});

const row: DecidedRow = {
  epoch: 3,
  member: "a",
  url: "http://localhost:8000",
  pace,
  paceNumber: 4,
  clock,
  tick: 170,
  sequence: 9,
  check,
  stretches: [
    { kind: "ticks", tick: 42, toTick: 106, sequence: 7 },
    { kind: "command", tick: 106, sequence: 8, acceptedNs: 9_007_199_254_740_993n },
    { kind: "skip", tick: 106, toTick: 170, sequence: 8 },
    { kind: "command", tick: 170, sequence: 9, acceptedNs: 0n },
  ],
};

test("a row comes back as it was", () => {
  expect(decodeRow(encodeRow(row))).toEqual(row);
  expect(decodeRow(encodeRow({ ...row, stretches: [] }))).toEqual({ ...row, stretches: [] });
});

test.each([
  ["null", "none of this version"],
  [encodeRow(row).replace("t42-106/7", "u42-106/7"), "none of this version"],
])("the row %s is refused", (text, sentence) => {
  expect(() => decodeRow(text)).toThrow(sentence);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { formatInstant, normaliseInstant, parseInstant } from "./instant.js";

/** The years 0 to 9999. */
const anyInstantMs = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 });

test("instants are written as the platform writes them, and read as they were written", () => {
  fc.assert(
    fc.property(anyInstantMs, (epochMs) => {
      expect(formatInstant(epochMs)).toBe(new Date(epochMs).toISOString());
      expect(parseInstant(formatInstant(epochMs))).toBe(epochMs);
    }),
  );
});

test("digits beyond the millisecond are cut off, missing ones are zero", () => {
  expect(parseInstant("2025-01-15T10:30:00Z")).toBe(1_736_937_000_000);
  expect(parseInstant("2025-01-15T10:30:00.5Z")).toBe(1_736_937_000_500);
  expect(parseInstant("2025-01-15T10:30:00.123999Z")).toBe(1_736_937_000_123);
});

test.each([
  "2025-02-29T00:00:00Z",
  "1900-02-29T00:00:00Z",
  "2025-13-01T00:00:00Z",
  "2025-00-01T00:00:00Z",
  "2025-04-31T00:00:00Z",
  "2025-01-15T24:00:00Z",
  "2025-01-15 10:30:00Z",
  "2025-01-15T10:30:00+00:00",
  "yesterday",
])("%s is no instant", (text) => {
  expect(parseInstant(text)).toBeUndefined();
});

test("an instant is brought to three digits, and text that is none stays refused, however often it comes", () => {
  for (const _ of [1, 2]) {
    expect(normaliseInstant("2025-01-15T10:30:00.123456Z")).toBe("2025-01-15T10:30:00.123Z");
    expect(normaliseInstant("2025-02-30T10:30:00Z")).toBeUndefined();
  }
});

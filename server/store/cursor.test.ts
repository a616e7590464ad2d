import fc from "fast-check";
import { expect, test } from "vitest";
import { BadCursorError, decodeCursor, decodeNumberCursor, encodeCursor, encodeNumberCursor } from "./cursor.js";

test("a cursor gives back the key that it was made from", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (key) => decodeCursor(encodeCursor(key)) === key),
  );
  fc.assert(fc.property(fc.maxSafeInteger(), (key) => decodeNumberCursor(encodeNumberCursor(key)) === key));
});

test.each(["", "%%%", "dGVjaC0wMDE=", "not base64 at all", "/w", "_w"])("%j is no cursor", (cursor) => {
  expect(() => decodeCursor(cursor)).toThrow(BadCursorError);
});

test.each(["1.5", "tech-001", "01", "1e3", " 1"])("a number cursor of %j is no cursor", (key) => {
  expect(() => decodeNumberCursor(encodeCursor(key))).toThrow(BadCursorError);
});

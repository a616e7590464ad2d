import fc from "fast-check";
import { expect, test } from "vitest";
import { hashText, mix, unit } from "./hash.js";

test("a hash is an unsigned integer of 32 bits, and its unit lies strictly between 0 and 1", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer(), (text, value) => {
      for (const hash of [hashText(text), mix(hashText(text), value)]) {
        expect(Number.isInteger(hash) && hash >= 0 && hash <= 0xffffffff).toBe(true);
        expect(unit(hash) > 0 && unit(hash) < 1).toBe(true);
      }
    }),
  );
  expect(unit(0)).toBeGreaterThan(0);
  expect(unit(0xffffffff)).toBeLessThan(1);
});

test("hashes are the same on every engine", () => {
  expect([hashText(""), hashText("agent-001"), mix(1, 2)]).toEqual([2_872_998_923, 2_136_338_877, 232_174_035]);
});

test("names that differ little have hashes that differ in half of their bits", () => {
  let bits = 0;
  for (let i = 0; i < 1000; i += 1) {
    let difference = (hashText(`agent-${i}`) ^ hashText(`agent-${i + 1}`)) >>> 0;
    for (; difference > 0; difference = Math.floor(difference / 2)) bits += difference % 2;
  }
  // Mean of a fair hash: 16; standard deviation of the mean of a thousand: 0.09.
  expect(Math.abs(bits / 1000 - 16)).toBeLessThan(0.5);
});

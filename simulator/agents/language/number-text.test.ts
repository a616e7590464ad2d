import fc from "fast-check";
import { expect, test } from "vitest";
import { clockTime, price, roundLevels, signed, size } from "./number-text.js";

test("figures have a point, two decimals and no grouping", () => {
  expect(price(1250.5)).toBe("1250.50");
  expect(price(1_234_567.891)).toBe("1234567.89");
  expect(signed(0.834)).toBe("+0.83%");
  expect(signed(-12)).toBe("-12.00%");
  expect(size(-0.834)).toBe("0.83%");
});

test.each([0, -0, 0.004, -0.004])("a change of %d is zero and has no sign", (percent) => {
  expect(signed(percent)).toBe("0.00%");
});

test("round levels enclose the price, never far from it and never on it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 50, max: 100_000_000 }), (cents) => {
      const value = cents / 100;
      const { above, below } = roundLevels(value);
      expect(Number(above)).toBeGreaterThan(value);
      expect(Number(below)).toBeLessThan(value);
      expect(Number(below)).toBeGreaterThan(0);
      expect(Number(above) / value).toBeLessThan(1.1);
    }),
  );
});

test("round levels look as people draw them", () => {
  expect(roundLevels(1250.5)).toEqual({ above: "1255", below: "1245" });
  expect(roundLevels(876.9)).toEqual({ above: "880", below: "875" });
});

test("the time of day is that of UTC", () => {
  expect(clockTime(Date.UTC(2026, 0, 5, 14, 30, 59, 999))).toBe("14:30");
  expect(clockTime(0)).toBe("00:00");
});

import { expect, test } from "vitest";
import { shorten, wrap } from "./lines.js";

test("prose is wrapped at 80 columns, and a long word stays whole", () => {
  const word = "x".repeat(100);
  const lines = wrap(`${"seven ".repeat(30)}${word} end`, 6).split("\n");
  expect(lines.every((line) => line.length <= 80 || line.includes(word))).toBe(true);
  expect(lines.every((line) => line.startsWith("      "))).toBe(true);
  expect(lines.map((line) => line.trim()).join(" ")).toBe(`${"seven ".repeat(30)}${word} end`);
});

test("a long list says how many it leaves out", () => {
  expect(shorten(["a", "b", "c"], ", ", 3)).toBe("a, b, c");
  expect(shorten(["a", "b", "c", "d"], ", ", 2)).toBe("a, b, and 2 more");
});

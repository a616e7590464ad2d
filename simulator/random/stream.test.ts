import { expect, test } from "vitest";
import { createStream, restoreStream } from "./stream.js";

test("a stream restored from its state goes on with the same numbers, also through JSON", () => {
  const stream = createStream("42", "sector", "tech-001", "price");
  for (let n = 0; n < 100; n++) stream.uniform();
  const restored = restoreStream(JSON.parse(JSON.stringify(stream.state())));
  for (let n = 0; n < 100; n++) expect(restored.normal()).toBe(stream.normal());
});

test("every part of a stream's name tells it from the others", () => {
  const names = [
    ["42", "sector", "tech-001", "price"],
    ["43", "sector", "tech-001", "price"],
    ["42", "agent", "tech-001", "price"],
    ["42", "sector", "tech-002", "price"],
    ["42", "sector", "tech-001", "jumps"],
  ] as const;
  const firsts = names.map(([seed, kind, id, purpose]) => createStream(seed, kind, id, purpose).uniform());
  expect(new Set(firsts).size).toBe(names.length);
});

test("uniforms lie strictly between 0 and 1, with the mean and spread that they should have", () => {
  const stream = createStream("1", "test", "a", "uniform");
  const draws = Array.from({ length: 20_000 }, () => stream.uniform());
  const mean = draws.reduce((sum, u) => sum + u, 0) / draws.length;
  const variance = draws.reduce((sum, u) => sum + (u - mean) ** 2, 0) / draws.length;
  expect(draws.every((u) => u > 0 && u < 1)).toBe(true);
  // Five standard errors.
  expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / draws.length));
  expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / draws.length));
});

test("streams of neighbouring names are not correlated", () => {
  const length = 20_000;
  const streams = ["001", "002", "003", "010"].map((id) => createStream("1", "sector", `tech-${id}`, "price"));
  const draws = streams.map((stream) => Array.from({ length }, () => stream.normal()));
  for (const [position, a] of draws.entries()) {
    for (const b of draws.slice(position + 1)) {
      const correlation = a.reduce((sum, x, n) => sum + x * b[n], 0) / length;
      expect(Math.abs(correlation)).toBeLessThan(5 / Math.sqrt(length));
    }
  }
});

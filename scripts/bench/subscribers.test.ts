import { expect, test } from "vitest";
import { run } from "./subscribers.js";

test("the subscribers benchmark runs, and all three receivers get the same bytes", async () => {
  const { lines, hash } = await run("tiny");
  expect(lines.some((line) => /^trading-day thin .* k .* KiB$/.test(line))).toBe(true);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
});

import { expect, test } from "vitest";
import { run } from "./rest.js";

test("the REST benchmark runs, and compares equal bytes", async () => {
  const { lines, hash } = await run("tiny");
  expect(lines.some((line) => /^ratio \d+\.\d\d, by processor time \d+\.\d\d$/.test(line))).toBe(true);
  expect(lines.some((line) => /p99 alone \d.* with REST/.test(line))).toBe(true);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
});

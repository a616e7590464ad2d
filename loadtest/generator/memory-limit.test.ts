import { expect, test } from "vitest";
import { findMemoryExcess } from "./memory-limit.js";
import type { SecondReport } from "./protocol.js";

const report = (rssBytes: number, connected: number): SecondReport => ({
  second: 0,
  latency: null,
  deliveries: 0,
  utilisation: 0,
  faults: 0,
  evidence: [],
  rssBytes,
  connected,
});

test("a generator may have 512 MB, and 100 KB for each subscriber", () => {
  expect(findMemoryExcess(report(513_900_000, 20))).toBeUndefined();
  expect(findMemoryExcess(report(514_100_000, 20))).toMatch(
    /^a generator was ended at 514 MB of memory: .*20 subscribers/,
  );
});

/** Members of a cluster under a seeded scheduler: whatever happens to them, they send one stream. */
import { expect, test } from "vitest";
import { findViolations } from "./member-cluster.fixture.js";

test("100 clusters under faults (seeds 1 to 100) send one stream, which is the replay of the log", () => {
  expect(findViolations({ seeds: 100 })).toBeNull();
});

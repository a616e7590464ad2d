/** Many clusters under a seeded scheduler, and the proof that it finds what is wrong. */
import { expect, test } from "vitest";
import { findViolations, runCluster } from "./member-cluster.fixture.js";
import { defects } from "./member-defects.fixture.js";

test("5,000 clusters under faults (seeds 1 to 5000) send one stream, which is the replay of the log", () => {
  expect(findViolations({ seeds: 5000 })).toBeNull();
});

test.each(Object.entries(defects))(
  "a member that %s is found within 500 seeds, and its seed finds it again",
  (_name, defect) => {
    const found = findViolations({ seeds: 500, ...defect });
    expect(found).not.toBeNull();
    expect(runCluster({ seed: found!.seed, ...defect }).violations).toEqual(found!.violations);
  },
);

/** Tests stand beside what they test; in CI the counts are printed on one line, too. */
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{schemas,simulator,server,loadtest,scripts}/**/*.test.ts"],
    // A worker keeps the modules that it has loaded: a tenth of the time went into loading them for each file.
    isolate: false,
    // Many tests have processes of their own, a browser even: half the cores are left to those. Three at a time are
    // best on two cores as well, as some tests wait.
    maxWorkers: Math.max(3, Math.floor(availableParallelism() / 2)),
    // A deadline is for what hangs, not for what is slow: such a machine may give a test a tenth of a core.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 120_000 } },
    reporters: process.env.CI ? ["default", "./scripts/build/ci-reporter.ts"] : ["default"],
  },
});

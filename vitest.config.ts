/** Tests stand beside what they test; in CI the counts are printed on one line, too. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{schemas,simulator,server,loadtest,scripts}/**/*.test.ts"],
    // Many tests wait for processes of their own: two at a time halve the wait, on one core as well.
    maxWorkers: 2,
    // A build machine shares its cores: a test of real processes gets a second try there, and the reporter names it.
    retry: process.env.CI ? 1 : 0,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    reporters: process.env.CI ? ["default", "./scripts/ci-reporter.mjs"] : ["default"],
  },
});

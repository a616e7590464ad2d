/**
 * Tests stand beside what they test, and their name tells the project that runs them (CONTRIBUTING.md has the rule).
 * In CI the counts are printed on one line, too.
 */
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const all = "{schemas,simulator,server,loadtest,scripts}/**/*";
/** Written as their readers write theirs, so without a project in their name. They use the built package. */
const examples = "scripts/examples/*.test.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Whether properties are tried as often as before a release. */
    readonly isLong: boolean;
  }
}

/** What runs unless `--project` names another; vitest takes it, though the type of its configuration lacks it. */
const selection = { project: ["unit", "integration", "browser"] };

export default defineConfig({
  test: {
    ...selection,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [`${all}.test.ts`],
          exclude: [`${all}.{integration,browser,long}.test.ts`, examples],
        },
      },
      { extends: true, test: { name: "integration", include: [`${all}.integration.test.ts`, examples] } },
      { extends: true, test: { name: "browser", include: [`${all}.browser.test.ts`] } },
      {
        extends: true,
        test: {
          name: "long",
          include: [`${all}.long.test.ts`, `${all}.properties{,.integration}.test.ts`],
          provide: { isLong: true },
        },
      },
    ],
    provide: { isLong: false },
    // A worker keeps the modules that it has loaded: a tenth of the time went into loading them for each file.
    isolate: false,
    // Many tests have processes of their own, a browser even: half the cores are left to those. Three at a time are
    // fastest on two cores as well, as some tests wait; where nobody waits for them, two leave each more time.
    maxWorkers: Math.max(process.env.CI ? 2 : 3, Math.floor(availableParallelism() / 2)),
    // A deadline is for what hangs, not for what is slow: such a machine may give a test a tenth of a core.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 120_000 } },
    reporters: process.env.CI ? ["default", "./scripts/build/ci-reporter.ts"] : ["default"],
  },
});

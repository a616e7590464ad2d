/** The package as `require()` finds it: the bundle of commonjs.config.mjs, which Jest loads as well. */
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const require = createRequire(import.meta.url);

test.each(["max-harness", "max-harness/simulator", "max-harness/contract"])(
  "%s exports the same names to require() as to import",
  async (name) => {
    expect(require.resolve(name)).toMatch(/\.cjs$/);
    expect(Object.keys(require(name) as object).toSorted()).toEqual(
      Object.keys((await import(name)) as object).toSorted(),
    );
  },
);

test("a required market has the console, and a file for a store", async () => {
  const folder = mkdtempSync(join(tmpdir(), "max-commonjs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { startMax } = require("max-harness") as typeof import("max-harness");
  const max = await startMax({ port: 0, seed: "42", clock: "manual", store: join(folder, "market.sqlite") });
  onTestFinished(() => max.close());
  max.advance("1m");
  expect(await (await fetch(max.url)).text()).toContain("<script");
  expect(await (await fetch(`${max.url}/health`)).json()).toMatchObject({ simulation: { seed: "42" } });
});

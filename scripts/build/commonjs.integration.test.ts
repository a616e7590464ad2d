/** The package as `require()` finds it: the bundle of commonjs.config.mjs, which Jest loads as well. */
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const require = createRequire(import.meta.url);

// The first here: the others load what it must not.
test("who only validates does not load the checker, which is loaded when it is called", async () => {
  const loaded = (): string[] =>
    Object.keys(require.cache).filter((path) => /dist\/cjs\/shared\/(?:check|control-subscriber)\.cjs$/.test(path));
  const { findViolations, runContract } = require("max-harness/contract") as typeof import("max-harness/contract");
  expect(findViolations("events/market-update.schema.json", {})).not.toEqual([]);
  expect(loaded()).toEqual([]);
  expect(await runContract({ url: "http://127.0.0.1:1", forMs: 100 })).toMatchObject({ verdict: "UNREACHABLE" });
  expect(loaded()).not.toEqual([]);
});

test.each(["max-harness", "max-harness/simulator", "max-harness/contract", "max-harness/loadtest"])(
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

test("a required load test has its generators in processes of their own", async () => {
  const { startMax } = require("max-harness") as typeof import("max-harness");
  const { runLoadtest } = require("max-harness/loadtest") as typeof import("max-harness/loadtest");
  const { url, token, close } = await startMax({ port: 0, store: ":memory:", speed: 4 });
  onTestFinished(() => close());
  const summary = await runLoadtest({
    url,
    token,
    plan: "smoke",
    clients: 4,
    warmupMs: 0,
    durationMs: 300,
    workers: 1,
  });
  expect(summary).toMatchObject({
    deliveries: { lost: 0, corrupted: 0 },
    generator: { workers: 1 },
    command: "runLoadtest()",
  });
  expect(summary.target.oracle).toBe("regenerated");
  expect(summary.deliveries.received).toBeGreaterThan(0);
});

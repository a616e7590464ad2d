/** `max loadtest --on`: agents that a command starts. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { makeFolder, shortPlan, test } from "../loadtest/loadtest.fixture.js";
import type { Summary } from "../schemas/index.js";
import { exitCodes } from "./cli-error.js";
import { runMaxCommand } from "./cli.fixture.js";
import { maxEntry } from "./max-entry.js";

/** A host where `max` is installed, as a command that runs another one there. */
async function hostWithMax(): Promise<{ readonly command: string; readonly folder: string }> {
  const folder = await makeFolder();
  const file = join(folder, "max");
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${maxEntry}' "$@"\n`);
  chmodSync(file, 0o755);
  return { command: `env PATH='${folder}':"$PATH"`, folder };
}

test("--on starts agents by a command, and they end with the run", async ({ max, skip }) => {
  const { command, folder } = await hostWithMax();
  const plan = join(folder, "plan.json");
  writeFileSync(plan, JSON.stringify(shortPlan));
  const flags = ["--url", max.url, "--plan", plan, "--listen", "127.0.0.1:0", "--out", folder, "--json"];
  const run = await runMaxCommand("loadtest", ...flags, "--on", command);
  const { generator, deliveries, clients } = JSON.parse(run.stdout) as Summary;
  expect(generator.hosts).toMatchObject([{ clients: shortPlan.clients }]);
  expect(clients).toMatchObject({ connected: shortPlan.clients, refused: 0, dropped: 0 });
  expect(deliveries).toMatchObject({ lost: 0, duplicated: 0, reordered: 0, corrupted: 0, unexpected: 0 });
  skip(generator.evidence.length > 0, `not measured: ${generator.evidence.join("; ")}`);
  expect(run.code, run.stderr).toBe(exitCodes.pass);
});

test("a command of --on that fails ends it in one sentence", async ({ max }) => {
  const run = await runMaxCommand("loadtest", "--url", max.url, "--listen", "127.0.0.1:0", "--on", "false");
  expect(run).toMatchObject({ code: exitCodes.targetUnreachable, stdout: "" });
  expect(run.stderr).toContain('The command "false" of --on ended with exit code');
});

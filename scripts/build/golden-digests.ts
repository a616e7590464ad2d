/**
 * `npm run golden`: writes simulator/golden-digests.json, the digest of the beginning of every shipped scenario.
 *
 * A digest changes when a path of the simulation changes: raise SIMULATOR_VERSION in simulator/core/version.ts first. A test
 * compares the file with what the simulator yields. `--print` writes to stdout instead.
 */
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../../server/core/package-root.js";
import { SIMULATOR_VERSION, createStreamDigest, createWorld, shippedScenarios } from "../../simulator/index.js";

interface GoldenDigest {
  readonly ticks: number;
  readonly events: number;
  readonly digest: string;
}

export interface GoldenDigests {
  readonly simulatorVersion: string;
  readonly seed: string;
  readonly scenarios: Readonly<Record<string, GoldenDigest>>;
}

export const goldenPath = fileURLToPath(new URL("simulator/golden-digests.json", packageRoot));

const seed = "42";
/** Long enough for the first happenings. */
const durationMs = 11 * 60_000;
/** A scenario with hundreds of events a tick is covered for fewer ticks. */
const eventsMax = 45_000;

export function findGoldenDigests(): GoldenDigests {
  const scenarios: Record<string, GoldenDigest> = {};
  for (const [name, scenario] of shippedScenarios) {
    const world = createWorld({ seed, scenario });
    const digest = createStreamDigest({ hash: (text) => createHash("sha256").update(text).digest("hex") });
    while (world.tick * world.tickMs < durationMs && digest.events < eventsMax) digest.observe(world.step());
    scenarios[name] = { ticks: world.tick, events: digest.events, digest: digest.value };
  }
  return { simulatorVersion: SIMULATOR_VERSION, seed, scenarios };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = `${JSON.stringify(findGoldenDigests(), null, 2)}\n`;
  if (process.argv.includes("--print")) process.stdout.write(text);
  else await writeFile(goldenPath, text);
}

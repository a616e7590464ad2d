/**
 * `npm run golden`: writes simulator/golden-digests.json, the digest of the beginning of every shipped scenario.
 *
 * A digest changes when a path of the simulation changes: raise SIMULATOR_VERSION in simulator/core/version.ts first. With
 * an equal version only scenarios are added or removed. A test compares the file with what the simulator yields. `--print`
 * writes to stdout instead.
 */
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../../schemas/package-root.js";
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
/** Long enough for the first scenario events. */
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

/** Scenarios of both whose bytes differ, though the version is the same. */
export function findChanged(before: GoldenDigests, now: GoldenDigests): string[] {
  if (before.simulatorVersion !== now.simulatorVersion) return [];
  return Object.keys(now.scenarios).filter((name) => {
    const known = before.scenarios[name];
    return known !== undefined && known.digest !== now.scenarios[name]?.digest;
  });
}

async function writeGoldenDigests(now: GoldenDigests): Promise<void> {
  const changed = findChanged(JSON.parse(await readFile(goldenPath, "utf8")) as GoldenDigests, now);
  if (changed.length > 0) {
    process.stderr.write(
      `The bytes of ${changed.join(", ")} have changed. Raise SIMULATOR_VERSION in simulator/core/version.ts first.\n`,
    );
    process.exitCode = 1;
    return;
  }
  await writeFile(goldenPath, `${JSON.stringify(now, null, 2)}\n`);
  process.stdout.write(`Wrote the digests of ${Object.keys(now.scenarios).join(", ")}.\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const digests = findGoldenDigests();
  if (process.argv.includes("--print")) process.stdout.write(`${JSON.stringify(digests, null, 2)}\n`);
  else await writeGoldenDigests(digests);
}

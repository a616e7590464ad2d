/**
 * Writes simulator/golden-digests.json: the digest of the beginning of every shipped scenario.
 *
 * A digest that changes means that a path has changed: raise SIMULATOR_VERSION in simulator/core/version.ts first, then run
 * `npm run golden`, which compiles what it runs. A test compares the file with what the simulator yields. With --print
 * they go to stdout and the file stays as it is.
 */
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export const goldenPath = fileURLToPath(new URL("../simulator/golden-digests.json", import.meta.url));

const seed = "42";
/** Long enough for the first happenings. */
const durationMs = 11 * 60_000;
/** Where a tick has hundreds of events, fewer ticks do. */
const eventsMax = 45_000;

/** The digests as the given simulator yields them. */
export function findGoldenDigests({ SIMULATOR_VERSION, createStreamDigest, createWorld, shippedScenarios }) {
  const scenarios = {};
  for (const [name, scenario] of shippedScenarios) {
    const world = createWorld({ seed, scenario });
    const digest = createStreamDigest({ hash: (text) => createHash("sha256").update(text).digest("hex") });
    while (world.tick * world.tickMs < durationMs && digest.events < eventsMax) digest.observe(world.step());
    scenarios[name] = { ticks: world.tick, events: digest.events, digest: digest.value };
  }
  return { simulatorVersion: SIMULATOR_VERSION, seed, scenarios };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const simulator = await import("../dist/simulator/index.js");
  const text = `${JSON.stringify(findGoldenDigests(simulator), null, 2)}\n`;
  if (process.argv.includes("--print")) process.stdout.write(text);
  else await writeFile(goldenPath, text);
}

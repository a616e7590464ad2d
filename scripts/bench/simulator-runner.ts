/** Runs the simulator of one build, by itself and in its server, for the comparison of two builds. */
import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";

type Simulator = typeof import("../../simulator/index.js");
type Server = typeof import("../../server/main.js");

export interface RunnerOrder {
  /** The folder of the build. */
  readonly build: string;
  readonly kind: "step" | "digest" | "server";
  readonly ticks: number;
}

export interface RunnerResult {
  readonly cpuUsPerTick: number;
  /** Of what was computed. */
  readonly hash: string;
}

const tickMs = 250;
let simulator: Simulator;
let max: Awaited<ReturnType<Server["startMax"]>> | undefined;

async function load(build: string): Promise<void> {
  const entry = (path: string): string => pathToFileURL(`${build}/dist/${path}`).href;
  simulator ??= (await import(entry("simulator/index.js"))) as Simulator;
  const { startMax } = (await import(entry("server/main.js"))) as Server;
  max ??= await startMax({ port: 0, seed: "42", clock: "manual", store: ":memory:", startMs: 0 });
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A market by itself, from its first tick. */
function play(kind: "step" | "digest", ticks: number): string {
  const { createWorld, createStreamDigest, shippedScenarios, defaultScenarioName } = simulator;
  const world = createWorld({ seed: "42", scenario: shippedScenarios.get(defaultScenarioName)! });
  const digest = createStreamDigest({ hash: sha256 });
  let events = 0;
  for (let tick = 0; tick < ticks; tick++) {
    const batch = world.step();
    events += batch.events.length;
    if (kind === "digest") digest.observe(batch);
  }
  return kind === "digest" ? digest.value : `${events} ${world.index().value}`;
}

export const handlers = {
  async run({ build, kind, ticks }: RunnerOrder): Promise<RunnerResult> {
    await load(build);
    const before = process.cpuUsage();
    let computed: string;
    if (kind === "server") {
      max!.advance(ticks * tickMs);
      computed = max!.simulation.status().digest;
    } else computed = play(kind, ticks);
    const { user, system } = process.cpuUsage(before);
    return { cpuUsPerTick: (user + system) / ticks, hash: computed };
  },
};

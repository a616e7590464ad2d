/** The load of the REST benchmark, in its own process: as fast as it goes (autocannon) or at a steady rate. */
import { constants, setPriority } from "node:os";
import autocannon from "autocannon";
import type { LoadCommand, LoadReport } from "./rest-messages.js";
import { type PaceOptions, sendPaced } from "./rest-pace.js";

function report(message: LoadReport): void {
  process.send?.(message);
}

/** Autocannon looks this often whether its time is over. */
const lookMs = 100;

process.on("message", (command: LoadCommand) => {
  if ("load" in command) void load(command.load);
  else void pace(command.pace);
});

/** At low priority: the subscribers' process shares this core, and its clock must not wait for this one's turn. */
async function pace(options: PaceOptions): Promise<void> {
  setPriority(constants.priority.PRIORITY_LOW);
  report({ paced: await sendPaced(options) });
}

async function load({ url, connections, durationMs }: Extract<LoadCommand, { load: unknown }>["load"]): Promise<void> {
  const startedMs = performance.now();
  const result = await autocannon({ url, connections, duration: durationMs / 1000, sampleInt: lookMs });
  const seconds = (performance.now() - startedMs) / 1000;
  report({
    loaded: {
      requests: result["2xx"],
      requestsPerSecond: result["2xx"] / seconds,
      p50Ms: result.latency.p50,
      p99Ms: result.latency.p99,
      failures: result.non2xx + result.errors + result.timeouts,
    },
  });
}

/** `max loadtest capacity`: how many subscribers does a server hold, and whose limit is it? */
import {
  type CapacityOptions,
  type CapacityResult,
  capacityDefaults,
  findCapacity,
  formatCapacity,
  formatCapacityMarkdown,
  formatConclusion,
  loadPlan,
  prepareCapacity,
} from "../../loadtest/index.js";
import { type Capacity, type Plan, formatDuration } from "../../schemas/index.js";
import { type ExitCode, exitCodes } from "../cli-error.js";
import { reportToGithub } from "../github-actions.js";
import { defineCommand } from "../flags/command.js";
import { type FlagValues, textFlag } from "../flags/flag-table.js";
import { parseRunMs } from "../flags/target-flags.js";
import {
  defaultPlan,
  outputFlags,
  parseClients,
  runFlags,
  runOnServer,
  runOptions,
  saveReports,
  targetFlags,
  validateFlags,
} from "./loadtest-run.js";

const flags = {
  ...targetFlags,
  start: textFlag({
    parse: parseClients,
    option: "startClients",
    default: String(capacityDefaults.startClients),
    description: "subscribers of the first probe",
  }),
  max: textFlag({
    parse: parseClients,
    option: "clientsMax",
    default: String(capacityDefaults.clientsMax),
    description: "the most subscribers to try: 5000 or 20k",
  }),
  "step-for": textFlag({
    parse: parseRunMs,
    option: "probeMs",
    default: formatDuration(capacityDefaults.probeMs),
    description: "measured time of each probe",
  }),
  ...runFlags,
  ...outputFlags,
  json: { ...outputFlags.json, description: "print capacity.json instead of the screen" },
};

/** What the flags ask for. */
export interface CapacityRequest {
  readonly plan: Plan;
  readonly options: CapacityOptions & { readonly outDir: string };
  readonly values: FlagValues<typeof flags>;
}

function exitCodeOf({ verdict, interrupted, limit }: Capacity): ExitCode {
  if (interrupted) return exitCodes.interrupted;
  if (verdict === "none") return exitCodes.failed;
  const isAnswered = verdict === "found" || (verdict === "atLeast" && limit?.kind === "max");
  return isAnswered ? exitCodes.pass : exitCodes.invalid;
}

async function present({ capacity, writeReports }: CapacityResult, { options, values }: CapacityRequest) {
  process.stdout.write(`${values.json ? JSON.stringify(capacity, null, 2) : formatCapacity(capacity)}\n`);
  await saveReports(writeReports, options.outDir, values);
  const exitCode = exitCodeOf(capacity);
  process.exitCode = exitCode;
  if (values.github)
    reportToGithub(
      formatConclusion("max loadtest capacity", capacity.conclusion, exitCode === exitCodes.pass),
      formatCapacityMarkdown(capacity),
    );
}

export const loadtestCapacityCommand = defineCommand({
  flags,
  examples: [
    ["max loadtest capacity", "of a server of its own, with the plan's limits"],
    ["max loadtest capacity --url URL --server-pid 4711", "of a running server of any make"],
    ["max loadtest capacity --plan ten-thousand --max 20k", "with another plan's load and limits"],
    ["max loadtest capacity --threshold 'latencyMs.p99<20'", "with a stricter limit"],
    ["max loadtest capacity --max 2k --step-for 5s", "a quick look"],
  ],
  epilogue: [
    "Doubles the subscribers until a probe fails, bisects to 5 %, and confirms: the number found passes twice, a tenth more fails twice. Each probe is a run of its own with the plan's subscribers, requests and thresholds; subscribers are added, not reconnected. Where the generator cannot keep up the answer is a lower bound.",
    "Exit codes: 0 a number, or --max was held; 1 not a single subscriber; 2 usage; 3 no number of the server's: the generator or this machine was the limit, or nothing was confirmed; 4 target unreachable; 5 the server could not start; 130 interrupted.",
  ].join("\n\n"),
  async prepare(values): Promise<CapacityRequest> {
    validateFlags(values);
    const plan = await loadPlan(values.plan ?? defaultPlan);
    return { plan, options: runOptions(flags, plan, values), values };
  },
  run: (request) =>
    runOnServer({
      plan: request.plan,
      values: request.values,
      prepare: (signal) => prepareCapacity({ ...request.options, signal }),
      run: async (preparation, server) => present(await findCapacity(preparation, server), request),
    }),
});

/**
 * `max loadtest`: is the fan-out fast, complete and correct for this many subscribers?
 *
 * Without --url it starts a server in a process of its own and stops it on every way out. Results go to
 * stdout, progress to stderr, reports into a folder.
 */
import {
  type LoadtestOptions,
  type LoadtestResult,
  formatAnnotations,
  formatMarkdown,
  formatResult,
  loadPlan,
  prepareLoadtest,
  runPrepared,
} from "../../loadtest/index.js";
import type { Plan } from "../../schemas/index.js";
import { startRanges } from "../../server/start-defaults.js";
import { CliError, exitCodeOf, exitCodes } from "../cli-error.js";
import { defineCommand } from "../flags/command.js";
import { type FlagValues, asText, textFlag } from "../flags/flag-table.js";
import { otlpFlag, telemetryOf } from "../flags/otlp-flag.js";
import { inRange } from "../flags/server-flags.js";
import { parseRunMs } from "../flags/target-flags.js";
import { reportToGithub } from "../github-actions.js";
import { Agents } from "../agents.js";
import { agentFlags } from "../flags/agent-flags.js";
import { openObservers } from "../live/open-observers.js";
import { runRestartCommand } from "../restartable-server.js";
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
import { listPlans, listStages } from "./plans.js";

const flags = {
  ...targetFlags,
  clients: textFlag({
    parse: parseClients,
    option: "clients",
    description: "subscribers: 200 or 5k",
    defaultDescription: "the plan's",
  }),
  duration: textFlag({
    parse: parseRunMs,
    option: "durationMs",
    description: "length of the plan's stages after the first ramp",
    defaultDescription: "the plan's",
  }),
  ...runFlags,
  ...agentFlags,
  "restart-command": textFlag({
    parse: asText,
    description: "shell command that restarts the server, for a plan's stages restart",
    defaultDescription: "none; a server of its own is stopped and started",
  }),
  baseline: textFlag({
    parse: asText,
    option: "baseline",
    description: "folder of an earlier run's reports, or of several: this run is compared with it",
    defaultDescription: "none",
  }),
  live: textFlag({
    parse: inRange(startRanges.port),
    description:
      "a page with the charts while it runs, and /metrics, on this port of 127.0.0.1; without PORT any free one",
    defaultDescription: "none",
  }),
  otlp: otlpFlag,
  ...outputFlags,
};

type LoadtestFlags = FlagValues<typeof flags>;

/** The command always writes reports. */
type CommandOptions = LoadtestOptions & { readonly outDir: string };

/** What the flags ask for. */
export interface LoadtestRequest {
  readonly plan: Plan;
  readonly options: CommandOptions;
  readonly values: LoadtestFlags;
}

export const loadtestCommand = defineCommand({
  flags,
  subcommands: {
    ab: {
      words: "ab <a> <b>",
      describe: "is B worse than A? Both in one run, in turns",
      load: async () => (await import("./loadtest-ab.js")).loadtestAbCommand,
    },
    capacity: {
      words: "capacity",
      describe: "how many subscribers does a server hold?",
      load: async () => (await import("./loadtest-capacity.js")).loadtestCapacityCommand,
    },
    compare: {
      words: "compare <old> <new>",
      describe: "is a new build slower? Compares the reports of runs",
      load: async () => (await import("./loadtest-compare.js")).loadtestCompareCommand,
    },
  },
  examples: [
    ["max loadtest", "a server of its own, a short honest run, a verdict"],
    ["max loadtest --clients 2k --duration 1m", "more subscribers, for longer"],
    ["max loadtest --plan ten-thousand", "600,000 deliveries a second, each one checked"],
    ["max loadtest --url http://localhost:8000", "a running server"],
    ["max loadtest --url URL --wait 30s", "a server that is starting"],
    ["max loadtest --url https://localhost:8443 --insecure", "one with a certificate that it signed itself"],
    ["max loadtest --url URL --url URL", "members of one cluster, each with its share of the subscribers"],
    [
      "max loadtest --baseline reports/main --threshold 'latencyMs.p99<=baseline*1.1'",
      "not slower than an earlier run, beyond noise",
    ],
    ["max loadtest --live", "charts in the browser while it runs; --live 9464 for Prometheus, too"],
    ["max loadtest --otlp http://localhost:4318", "its metrics to an OpenTelemetry receiver"],
    ["max loadtest --threshold 'latencyMs.p99<50'", "a limit of one's own, beside the plan's"],
    [`max loadtest --threshold 'http.routes["GET /health"].p99.5<50'`, "of a route, event, stage or transport"],
    ["max loadtest --threshold 'deliveries.lost==0 abort after 5s'", "the run ends when it does not hold"],
    [
      "max loadtest --url URL --plan mine.json --restart-command 'systemctl restart app'",
      "a plan with a stage restart",
    ],
    ["max loadtest --url URL --server-pid 4711", "CPU and memory of a server of any make, from /proc"],
    [
      "max loadtest --url URL --agents 4 --listen 0.0.0.0:7700",
      "subscribers on four other hosts, by max agent on each",
    ],
    ["max loadtest --url URL --on 'ssh a' --on 'ssh b' --listen 0.0.0.0:7700", "the same, started over ssh"],
    ["max loadtest --threshold 'server.cpuUsPerDelivery<20'", "a limit to what the load costs the server"],
  ],
  epilogue: [
    `Plans (--plan NAME; max plans NAME prints one):\n${indent(listPlans())}`,
    `Stages of a plan file (schemas/plan.schema.json has all fields):\n${indent(listStages())}`,
    "Exit codes: 0 PASS, 1 FAIL, 2 usage, 3 INVALID (the run cannot be trusted), 4 target unreachable, 5 the server could not start, 130 interrupted.",
  ].join("\n\n"),
  async prepare(values): Promise<LoadtestRequest> {
    validateFlags(values);
    validateAgents(values);
    const plan = await loadPlan(values.plan ?? defaultPlan);
    validateRestart(plan, values);
    return { plan, options: runOptions(flags, plan, values), values };
  },
  run: loadtest,
});

function indent(lines: string): string {
  return lines.replaceAll(/^/gm, "  ");
}

function hasRestart({ stages }: Plan): boolean {
  return stages.some(({ kind }) => kind === "restart");
}

function validateAgents({ agents, on, url, workers }: LoadtestFlags): void {
  const isAsked = agents !== undefined || on.length > 0;
  if (!isAsked) return;
  if (url.length === 0)
    throw new CliError(
      exitCodes.usage,
      "--agents and --on require --url: a server of the run's own is reached from this host alone.",
    );
  if (workers !== undefined)
    throw new CliError(exitCodes.usage, "--workers cannot be combined with --agents: give it to max agent.");
  if (agents !== undefined && agents < on.length)
    throw new CliError(exitCodes.usage, `--agents ${agents} is less than the ${on.length} that --on starts.`);
}

function validateRestart(plan: Plan, { url, "restart-command": command }: LoadtestFlags): void {
  if (url.length === 0 && command !== undefined)
    throw new CliError(exitCodes.usage, "--restart-command requires --url: a server of its own is restarted anyway.");
  const isPlanned = hasRestart(plan);
  if (command !== undefined && !isPlanned)
    throw new CliError(exitCodes.usage, `--restart-command is for plans with a stage restart; ${plan.name} has none.`);
  if (!isPlanned || url.length === 0 || command !== undefined) return;
  throw new CliError(
    exitCodes.usage,
    `The plan ${plan.name} has a stage restart: tell how the server is restarted with --restart-command 'COMMAND'.`,
  );
}

/** What was found is on the screen before the reports are written: that may fail. */
async function present(
  { summary, writeReports }: LoadtestResult,
  { options: { outDir }, values }: LoadtestRequest,
): Promise<void> {
  process.stdout.write(`${values.json ? JSON.stringify(summary, null, 2) : formatResult(summary)}\n`);
  if (values.github) reportToGithub(formatAnnotations(summary), formatMarkdown(summary));
  await saveReports(writeReports, outDir, values);
  process.exitCode = exitCodeOf(summary.interrupted ? "INTERRUPTED" : summary.verdict);
}

async function loadtest(request: LoadtestRequest): Promise<void> {
  const { plan, options, values } = request;
  await using observers = await openObservers({
    port: values.live,
    telemetry: values.otlp === undefined ? undefined : telemetryOf(values.otlp, process.env),
    tell: (line) => void process.stderr.write(`${line}\n`),
  });
  const { observer } = observers;
  await using agents = new Agents(values);
  const { options: hosts } = agents;
  const restarts = hasRestart(plan);
  const command = values["restart-command"];
  await runOnServer({
    plan,
    values,
    restarts,
    prepare: (signal, restartOwn) => {
      const restart = command === undefined ? restartOwn : () => runRestartCommand(command);
      return prepareLoadtest({
        ...options,
        ...(hosts && { agents: hosts }),
        ...(observer && { observer }),
        ...(restarts && { restart }),
        signal,
      });
    },
    run: async (preparation, server) => present(await runPrepared(preparation, server), request),
  });
}

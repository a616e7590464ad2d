/**
 * `max loadtest`: is the fan-out fast, complete and correct for this many subscribers?
 *
 * Without --url it starts a server in a process of its own and stops it on every way out. Results go to
 * stdout, progress to stderr, reports into a folder.
 */
import {
  type LoadtestOptions,
  type LoadtestResult,
  type ProgressDisplay,
  formatResult,
  loadPlan,
  prepareLoadtest,
  runLoadtest,
  shippedPlans,
} from "../../loadtest/index.js";
import { clientsMax, workersMax } from "../../loadtest/core/options.js";
import { describeValue } from "../../schemas/describe-value.js";
import { type Plan, parseCount } from "../../schemas/index.js";
import { version } from "../../server/core/package-root.js";
import { startDefaults } from "../../server/start-defaults.js";
import { completeScenario } from "../../simulator/index.js";
import { CliError, exitCodeOf, exitCodes, parseFlag } from "../cli-error.js";
import { describeCommand } from "../command-line.js";
import { defineCommand } from "../flags/command.js";
import { type FlagValues, asText, listFlag, optionsOf, switchFlag, textFlag } from "../flags/flag-table.js";
import { loadScenario } from "../flags/scenario-flag.js";
import { parseSeed, tickMsFlag } from "../flags/server-flags.js";
import { headerFlag, parseAuth, parseRunMs, urlsFlag } from "../flags/target-flags.js";
import { interruption } from "../interruption.js";
import { type ServerProcess, startServerProcess } from "../server-process.js";

const defaultPlan = "default";

const flags = {
  plan: textFlag({
    parse: asText,
    description: `what to do: ${[...shippedPlans.keys()].join(", ")}, or a plan file`,
    defaultDescription: `${defaultPlan}, without REST for a server that has no /api/simulation`,
  }),
  rest: switchFlag({ default: true, description: "--no-rest: only subscribers, no REST requests" }),
  // The server's option, not the run's.
  url: { ...urlsFlag, option: undefined },
  token: textFlag({ parse: asText, description: "the server's control token", defaultDescription: "MAX_TOKEN" }),
  header: headerFlag,
  auth: textFlag({
    parse: parseAuth,
    option: "auth",
    description: "the auth payload of each connection, a JSON object",
  }),
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
  warmup: textFlag({
    parse: parseRunMs,
    option: "warmupMs",
    description: "time that counts for deliveries, not for latencies",
    defaultDescription: "the plan's",
  }),
  workers: textFlag({
    parse: parseWorkers,
    option: "workers",
    description: "processes that hold the subscribers",
    defaultDescription: "one for 250 subscribers, at most all cores but one",
  }),
  scenario: textFlag({
    // The file itself: a server of the run's own is started with it.
    parse: asText,
    description: "the server's scenario: a name or a file; with --url the one it runs",
    defaultDescription: `the plan's, or ${startDefaults.scenario}`,
  }),
  seed: textFlag({
    parse: parseSeed,
    description: "its seed",
    defaultDescription: `the plan's, or ${startDefaults.seed}`,
  }),
  "tick-ms": {
    ...tickMsFlag,
    option: undefined,
    description: `its ${tickMsFlag.description}`,
    defaultDescription: "the plan's, or the scenario's",
  },
  threshold: listFlag({
    parse: (texts) => texts,
    option: "thresholds",
    default: [],
    description: "what must hold, a path into summary.json; may be repeated",
  }),
  out: textFlag({
    parse: asText,
    option: "outDir",
    description: "folder of the reports",
    defaultDescription: "reports/<UTC time>/",
  }),
  json: switchFlag({ default: false, description: "print summary.json instead of the screen" }),
  quiet: switchFlag({ default: false, description: "no progress" }),
  color: switchFlag({ default: true, description: "--no-color: plain lines" }),
};

type LoadtestFlags = FlagValues<typeof flags>;

/** What the flags ask for. */
export interface LoadtestRequest {
  readonly plan: Plan;
  readonly options: LoadtestOptions;
  readonly values: LoadtestFlags;
}

export const loadtestCommand = defineCommand({
  flags,
  examples: [
    ["max loadtest", "a server of its own, a short honest run, a verdict"],
    ["max loadtest --clients 2k --duration 1m", "more subscribers, for longer"],
    ["max loadtest --plan ten-thousand", "600,000 deliveries a second, each one checked"],
    ["max loadtest --url http://localhost:8000", "a running server"],
    ["max loadtest --url URL --url URL", "members of one cluster, each with its share of the subscribers"],
    ["max loadtest --threshold 'latencyMs.p99<50'", "a limit of one's own, beside the plan's"],
  ],
  epilogue:
    "Exit codes: 0 PASS, 1 FAIL, 2 usage, 3 INVALID (the run cannot be trusted), 4 target unreachable, 5 the server could not start, 130 interrupted.",
  async prepare(values): Promise<LoadtestRequest> {
    validateFlags(values);
    const plan = await loadPlan(values.plan ?? defaultPlan);
    return { plan, options: runOptions(plan, values), values };
  },
  run: loadtest,
});

/** What no single flag can tell: that the others leave one without a meaning. */
function validateFlags({ url, token, seed, "tick-ms": tickMs }: LoadtestFlags): void {
  if (url.length === 0 && token !== undefined) throw new CliError(exitCodes.usage, "--token requires --url.");
  if (url.length === 0) return;
  if (seed !== undefined) throw new CliError(exitCodes.usage, "--seed cannot be combined with --url.");
  if (tickMs !== undefined) throw new CliError(exitCodes.usage, "--tick-ms cannot be combined with --url.");
}

function parseClients(text: string, flag: string): number {
  const clients = parseFlag(flag, text, parseCount);
  if (clients >= 1 && clients <= clientsMax) return clients;
  throw new CliError(exitCodes.usage, `Invalid ${flag} ${describeValue(text)}: expected 1 to ${clientsMax}.`);
}

function parseWorkers(text: string, flag: string): number {
  const workers = Number(text);
  if (/^\d+$/.test(text) && workers <= workersMax) return workers;
  throw new CliError(
    exitCodes.usage,
    `${flag}: ${describeValue(text)} is not a whole number from 0 to ${workersMax}; 0 keeps the subscribers in this process.`,
  );
}

function defaultFolder(): string {
  return `reports/${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}Z`;
}

/** The flags of `max demo` for the server of this run: the flags take precedence over the plan. */
function serverFlags({ server = {} }: Plan, values: LoadtestFlags): string[] {
  const scenario = values.scenario ?? server.scenario ?? startDefaults.scenario;
  const { start } = completeScenario(loadScenario(scenario));
  const own = {
    port: 0,
    store: ":memory:",
    start,
    seed: values.seed ?? server.seed ?? startDefaults.seed,
    scenario,
    "tick-ms": values["tick-ms"] ?? server.tickMs,
    speed: server.speed,
    // "*" is refused in production. Subscribers send no Origin, so that it does not matter which one is named.
    ...(process.env["NODE_ENV"] === "production" && { origin: "http://localhost" }),
  };
  return Object.entries(own).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
}

/** A bar on a terminal that can overwrite it, lines elsewhere. */
function progressDisplay({ color }: LoadtestFlags): ProgressDisplay {
  const line = (text: string) => void process.stderr.write(`${text}\n`);
  const isPlain = !color || process.env["NO_COLOR"] !== undefined || process.env["TERM"] === "dumb";
  if (isPlain || !process.stderr.isTTY) return { line };
  return { line, bar: (text) => void process.stderr.write(`\r\u001B[K${text}`) };
}

function runOptions(plan: Plan, values: LoadtestFlags): LoadtestOptions {
  const ownServer = values.url.length === 0;
  const scenario = values.scenario ?? (ownServer ? plan.server?.scenario : undefined);
  // Whose routes nobody named may be another server's than ours.
  const isPlanned = values.plan !== undefined || ownServer;
  return {
    ...optionsOf(flags, values),
    plan,
    rest: values.rest ? (isPlanned ? "always" : "known-server") : "never",
    ownServer,
    ...(scenario === undefined ? {} : { scenario: loadScenario(scenario) }),
    outDir: values.out ?? defaultFolder(),
    isOutDirNew: values.out === undefined,
    ...(values.quiet ? {} : { progress: progressDisplay(values) }),
    commandLine: describeCommand({ argv: process.argv, env: process.env, cwd: process.cwd() }),
    version,
  };
}

/** What was found is on the screen before the reports are written: that may fail. */
async function present({ summary, writeReports }: LoadtestResult, outDir: string, json: boolean): Promise<void> {
  process.stdout.write(`${json ? JSON.stringify(summary, null, 2) : formatResult(summary)}\n`);
  try {
    const [page] = await writeReports();
    if (!json) process.stdout.write(`  report: ${page}\n`);
  } catch (error) {
    const { message } = error as Error;
    throw new CliError(exitCodes.usage, `The reports could not be written to ${outDir}: ${message}.`, { cause: error });
  }
  process.exitCode = exitCodeOf(summary.interrupted ? "INTERRUPTED" : summary.verdict);
}

async function loadtest({ plan, options, values }: LoadtestRequest): Promise<void> {
  using interrupt = interruption();
  const { signal } = interrupt;
  let server: ServerProcess | undefined;
  try {
    const preparation = await prepareLoadtest({ ...options, signal });
    if (values.url.length === 0) server = await startServerProcess(serverFlags(plan, values), { signal });
    if (signal.aborted) {
      process.exitCode = exitCodes.interrupted;
      return;
    }
    const token = server?.token ?? values.token ?? process.env["MAX_TOKEN"];
    const url = server?.url ?? values.url;
    const isTokenOptional = server === undefined && values.token === undefined;
    const result = await runLoadtest(preparation, { url, isTokenOptional, ...(token === undefined ? {} : { token }) });
    await present(result, preparation.options.outDir, values.json);
  } finally {
    await server?.stop();
  }
}

/**
 * `max loadtest`: is the fan-out fast, complete and correct for this many subscribers?
 *
 * Without --url it starts a server in a process of its own and stops it on every way out. Results go to
 * stdout, progress to stderr, reports into a folder.
 */
import type { Argv, CommandModule } from "yargs";
import {
  type LoadtestOptions,
  type LoadtestResult,
  PlanError,
  type ProgressDisplay,
  TargetError,
  formatResult,
  loadPlan,
  prepareLoadtest,
  runLoadtest,
  shippedPlans,
} from "../../loadtest/index.js";
import { type Plan, parseCount } from "../../schemas/index.js";
import { clientsMax, workersMax } from "../../loadtest/core/options.js";
import { version } from "../../server/core/package-root.js";
import { startDefaults } from "../../server/start-defaults.js";
import { completeScenario } from "../../simulator/index.js";
import { CliError, type ExitCode, exitCodeOf, exitCodes, parseFlag } from "../cli-error.js";
import { describeCommand } from "../command-line.js";
import { interruption } from "../interruption.js";
import { loadScenario } from "../scenario-flag.js";
import { marketFlags, parseTickMs } from "../server-flags.js";
import { type ServerProcess, startServerProcess } from "../server-process.js";
import { parseAuth, parseHeaders, parseRunMs } from "../target-flags.js";

interface LoadtestFlags {
  readonly plan: string | undefined;
  readonly rest: boolean;
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly header: readonly string[];
  readonly auth: string | undefined;
  readonly clients: string | undefined;
  readonly duration: string | undefined;
  readonly warmup: string | undefined;
  readonly workers: string | undefined;
  readonly scenario: string | undefined;
  readonly seed: string | undefined;
  readonly "tick-ms": string | undefined;
  readonly threshold: readonly string[];
  readonly out: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
}

const defaultPlan = "default";

export const loadtestCommand: CommandModule<object, LoadtestFlags> = {
  command: "loadtest",
  builder: (yargs) =>
    addOptions(yargs)
      .check(validateFlags)
      .example("max loadtest", "a server of its own, a short honest run, a verdict")
      .example("max loadtest --clients 2k --duration 1m", "more subscribers, for longer")
      .example("max loadtest --plan ten-thousand", "600,000 deliveries a second, each one checked")
      .example("max loadtest --url http://localhost:8000", "a server that runs already")
      .example("max loadtest --threshold 'latencyMs.p99<50'", "a limit of one's own, beside the plan's")
      .epilogue(
        "Exit codes: 0 PASS, 1 FAIL, 2 usage, 3 INVALID (the run cannot be trusted), 4 target unreachable, 5 the server could not start, 130 interrupted.",
      ),
  handler: loadtest,
};

function addOptions(yargs: Argv<object>): Argv<LoadtestFlags> {
  return yargs
    .option("plan", {
      type: "string",
      describe: `what to do: ${[...shippedPlans.keys()].join(", ")}, or a plan file`,
      defaultDescription: `${defaultPlan}, without REST for a server that has no /api/simulation`,
    })
    .option("rest", { type: "boolean", default: true, describe: "--no-rest: only subscribers, no REST requests" })
    .option("url", { type: "string", describe: "a running server", defaultDescription: "starts one of its own" })
    .option("token", { type: "string", describe: "the server's control token", defaultDescription: "MAX_TOKEN" })
    .option("header", {
      type: "string",
      array: true,
      default: [] as readonly string[],
      describe: 'sent with everything, as "Name: value"; may be repeated',
    })
    .option("auth", { type: "string", describe: "the auth payload of each connection, a JSON object" })
    .option("clients", { type: "string", describe: "subscribers: 200 or 5k", defaultDescription: "the plan's" })
    .option("duration", {
      type: "string",
      describe: "length of the plan's stages after the first ramp",
      defaultDescription: "the plan's",
    })
    .option("warmup", {
      type: "string",
      describe: "time that counts for deliveries, not for latencies",
      defaultDescription: "the plan's",
    })
    .option("workers", {
      type: "string",
      describe: "processes that hold the subscribers",
      defaultDescription: "one for 250 subscribers, at most all cores but one",
    })
    .option("scenario", {
      type: "string",
      describe: "the server's scenario: a name or a file; with --url the one it runs",
      defaultDescription: `the plan's, or ${startDefaults.scenario}`,
    })
    .option("seed", {
      type: "string",
      describe: "its seed",
      defaultDescription: `the plan's, or ${startDefaults.seed}`,
    })
    .option("tick-ms", {
      type: "string",
      describe: `its ${marketFlags["tick-ms"].describe}`,
      defaultDescription: "the plan's, or the scenario's",
    })
    .option("threshold", {
      type: "string",
      array: true,
      default: [] as readonly string[],
      describe: "what must hold, a path into summary.json; may be repeated",
    })
    .option("out", { type: "string", describe: "folder of the reports", defaultDescription: "reports/<UTC time>/" })
    .option("json", { type: "boolean", default: false, describe: "print summary.json instead of the screen" })
    .option("quiet", { type: "boolean", default: false, describe: "no progress" })
    .option("color", { type: "boolean", default: true, describe: "--no-color: plain lines" });
}

/** What no single flag can tell: one given twice, or one that the others leave without a meaning. */
function validateFlags(flags: Readonly<Record<string, unknown>>): true {
  if (flags["token"] === "")
    throw new CliError(exitCodes.usage, "--token is empty. Give the server's control token, or leave --token out.");
  if (flags["url"] === undefined) {
    if (flags["token"] === undefined) return true;
    throw new CliError(exitCodes.usage, "--token requires --url.");
  }
  const stray = ["seed", "tick-ms"].find((name) => flags[name] !== undefined);
  if (stray === undefined) return true;
  throw new CliError(exitCodes.usage, `--${stray} cannot be combined with --url.`);
}

function parseClients(text: string): number {
  const clients = parseFlag("clients", text, parseCount);
  if (clients >= 1 && clients <= clientsMax) return clients;
  throw new CliError(exitCodes.usage, `--clients: "${text}" is no load; it takes 1 to ${clientsMax}.`);
}

function parseWorkers(text: string): number {
  const workers = Number(text);
  if (/^\d+$/.test(text) && workers <= workersMax) return workers;
  throw new CliError(
    exitCodes.usage,
    `--workers: "${text}" is not a whole number from 0 to ${workersMax}; 0 keeps the subscribers in this process.`,
  );
}

function defaultFolder(): string {
  return `reports/${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}Z`;
}

/** The flags of `max demo` for the server of this run: as the plan wants it, as the flags want it more. */
function serverFlags({ server = {} }: Plan, flags: LoadtestFlags): string[] {
  const scenarioName = flags.scenario ?? server.scenario ?? startDefaults.scenario;
  const { start } = completeScenario(loadScenario(scenarioName));
  const tickMs = parseTickMs(flags["tick-ms"]).tickMs ?? server.tickMs;
  const own = {
    port: "0",
    store: ":memory:",
    start,
    seed: flags.seed ?? server.seed ?? startDefaults.seed,
    scenario: scenarioName,
    // "*" is refused in production. Subscribers send no Origin, so that it does not matter which one is named.
    ...(process.env["NODE_ENV"] === "production" && { origin: "http://localhost" }),
  };
  const pace = { "tick-ms": tickMs, speed: server.speed };
  return Object.entries({ ...own, ...pace }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
}

/** A bar on a terminal that can overwrite it, lines elsewhere. */
function progressDisplay(flags: LoadtestFlags): ProgressDisplay {
  const line = (text: string) => void process.stderr.write(`${text}\n`);
  const isPlain = !flags.color || process.env["NO_COLOR"] !== undefined || process.env["TERM"] === "dumb";
  if (isPlain || !process.stderr.isTTY) return { line };
  return { line, bar: (text) => void process.stderr.write(`\r\u001B[K${text}`) };
}

function runOptions(plan: Plan, flags: LoadtestFlags, signal: AbortSignal): LoadtestOptions {
  const scenario = flags.scenario ?? (flags.url === undefined ? plan.server?.scenario : undefined);
  // Whose routes nobody named may be another server's than ours.
  const isPlanned = flags.plan !== undefined || flags.url === undefined;
  return {
    plan,
    rest: flags.rest ? (isPlanned ? "always" : "known-server") : "never",
    ownServer: flags.url === undefined,
    ...(scenario === undefined ? {} : { scenario: loadScenario(scenario) }),
    headers: parseHeaders(flags.header),
    ...(flags.auth === undefined ? {} : { auth: parseAuth(flags.auth) }),
    ...(flags.clients === undefined ? {} : { clients: parseClients(flags.clients) }),
    ...(flags.duration === undefined ? {} : { durationMs: parseRunMs("duration", flags.duration) }),
    ...(flags.warmup === undefined ? {} : { warmupMs: parseRunMs("warmup", flags.warmup) }),
    ...(flags.workers === undefined ? {} : { workers: parseWorkers(flags.workers) }),
    thresholds: flags.threshold,
    outDir: flags.out ?? defaultFolder(),
    isOutDirNew: flags.out === undefined,
    ...(flags.quiet ? {} : { progress: progressDisplay(flags) }),
    signal,
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

function exitCodeOfTarget(code: TargetError["code"]): ExitCode {
  if (code === "notFollowed") return exitCodes.invalid;
  return code.startsWith("bad") ? exitCodes.usage : exitCodes.targetUnreachable;
}

/** What was wrong with the request or the target, as the command's end. */
function asCliError(error: unknown): unknown {
  if (error instanceof PlanError) return new CliError(exitCodes.usage, error.message, { cause: error });
  if (!(error instanceof TargetError)) return error;
  return new CliError(exitCodeOfTarget(error.code), error.message, { cause: error });
}

async function loadtest(flags: LoadtestFlags): Promise<void> {
  using interrupt = interruption();
  const { signal } = interrupt;
  let server: ServerProcess | undefined;
  try {
    const plan = await loadPlan(flags.plan ?? defaultPlan);
    const preparation = await prepareLoadtest(runOptions(plan, flags, signal));
    if (flags.url === undefined) server = await startServerProcess(serverFlags(plan, flags), signal);
    if (signal.aborted) {
      process.exitCode = exitCodes.interrupted;
      return;
    }
    const token = server?.token ?? flags.token ?? process.env["MAX_TOKEN"];
    const url = server?.url ?? flags.url ?? "";
    const isTokenOptional = server === undefined && flags.token === undefined;
    const result = await runLoadtest(preparation, { url, isTokenOptional, ...(token === undefined ? {} : { token }) });
    await present(result, preparation.options.outDir, flags.json);
  } catch (error) {
    throw asCliError(error);
  } finally {
    await server?.stop();
  }
}

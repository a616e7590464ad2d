/** What `max loadtest` and the commands below it that run load tests share: flags, the server of their own, progress. */
import {
  type LoadtestOptions,
  type LoadtestServer,
  type ProgressDisplay,
  TargetError,
  shippedPlans,
} from "../../loadtest/index.js";
import { acceptAnyCertificate } from "../../loadtest/core/certificates.js";
import { clientsMax, workersMax } from "../../loadtest/core/options.js";
import { describeValue } from "../../schemas/describe-value.js";
import { type Plan, parseCount } from "../../schemas/index.js";
import { version } from "../../schemas/package-root.js";
import { startDefaults } from "../../server/start-defaults.js";
import { completeScenario } from "../../simulator/index.js";
import { CliError, exitCodes, parseFlag } from "../cli-error.js";
import { describeCommand } from "../command-line.js";
import {
  type FlagTable,
  type FlagValues,
  asText,
  choiceFlag,
  listFlag,
  optionsOf,
  switchFlag,
  textFlag,
} from "../flags/flag-table.js";
import { loadScenario } from "../flags/scenario-flag.js";
import { parseSeed, tickMsFlag } from "../flags/server-flags.js";
import { headerFlag, insecureFlag, parseAuth, parseRunMs, urlsFlag, waitFlag } from "../flags/target-flags.js";
import { githubFlag } from "../github-actions.js";
import { interruption } from "../interruption.js";
import { type RestartableServer, startServer } from "../restartable-server.js";
import type { ServerProcess } from "../server-process.js";

export const defaultPlan = "default";

/** What is sent, and where to. */
export const targetFlags = {
  plan: textFlag({
    parse: asText,
    description: `what to do: ${[...shippedPlans.keys()].join(", ")}, or a plan file`,
    defaultDescription: `${defaultPlan}, without REST for a server that has no /api/simulation`,
  }),
  rest: switchFlag({ default: true, description: "--no-rest: only subscribers, no REST requests" }),
  // The server's option, not the run's.
  url: { ...urlsFlag, option: undefined },
  token: textFlag({
    parse: asText,
    isSecret: true,
    // MAX_TOKEN is weaker: where it is not the server's, the run goes on without.
    isOwn: true,
    description: "the server's control token",
    defaultDescription: "MAX_TOKEN",
  }),
  wait: waitFlag,
  insecure: insecureFlag,
  header: headerFlag,
  auth: textFlag({
    parse: parseAuth,
    option: "auth",
    isSecret: true,
    description: "the auth payload of each connection, a JSON object",
  }),
};

/** How it is run. */
export const runFlags = {
  warmup: textFlag({
    parse: parseRunMs,
    option: "warmupMs",
    description: "time that counts for deliveries, not for latencies",
    defaultDescription: "the plan's",
  }),
  compression: choiceFlag({
    choices: ["on", "off"],
    option: "compression",
    default: "on",
    description: "whether subscribers offer permessage-deflate; off to compare with uncompressed",
  }),
  workers: textFlag({
    parse: parseWorkers,
    option: "workers",
    description: "processes that hold the subscribers",
    defaultDescription: "one for 250 subscribers, at most all cores but one",
  }),
  "server-pid": listFlag({
    parse: parsePids,
    option: "serverPids",
    default: [],
    defaultDescription: "none: its /metrics with --token",
    description: "the server's process on this machine, whose CPU and memory are measured; may be repeated (Linux)",
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
    description: "what must hold, a path into summary.json, and whether it ends the run; may be repeated",
  }),
};

/** Where results go. */
export const outputFlags = {
  out: textFlag({
    parse: asText,
    option: "outDir",
    description: "folder of the reports",
    defaultDescription: "reports/<UTC time>/",
  }),
  json: switchFlag({ default: false, description: "print summary.json instead of the screen" }),
  quiet: switchFlag({ default: false, description: "no progress" }),
  color: switchFlag({ default: true, description: "--no-color: plain lines" }),
  github: githubFlag,
};

export type RunValues = FlagValues<typeof targetFlags & typeof runFlags & typeof outputFlags>;

/** What no single flag can tell: that the others leave one without a meaning. */
export function validateFlags({ url, token, insecure, seed, "tick-ms": tickMs, "server-pid": pids }: RunValues): void {
  if (url.length === 0 && token !== undefined) throw new CliError(exitCodes.usage, "--token requires --url.");
  if (url.length === 0 && pids.length > 0)
    throw new CliError(
      exitCodes.usage,
      "--server-pid requires --url: the cost of a server of its own is measured anyway.",
    );
  if (url.length === 0 && insecure) throw new CliError(exitCodes.usage, "--insecure requires --url.");
  if (url.length === 0) return;
  if (seed !== undefined) throw new CliError(exitCodes.usage, "--seed cannot be combined with --url.");
  if (tickMs !== undefined) throw new CliError(exitCodes.usage, "--tick-ms cannot be combined with --url.");
}

export function parseClients(text: string, flag: string): number {
  const clients = parseFlag(flag, text, parseCount);
  if (clients >= 1 && clients <= clientsMax) return clients;
  throw new CliError(exitCodes.usage, `Invalid ${flag} ${describeValue(text)}: expected 1 to ${clientsMax}.`);
}

function parsePids(texts: readonly string[]): number[] {
  return texts.map((text) => {
    const pid = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(pid) && pid > 0) return pid;
    throw new CliError(
      exitCodes.usage,
      `Invalid --server-pid ${describeValue(text)}: expected a process number, such as 4711.`,
    );
  });
}

export function parseWorkers(text: string, flag: string): number {
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
function serverFlags({ server = {} }: Plan, values: RunValues): string[] {
  const scenario = values.scenario ?? server.scenario ?? startDefaults.scenario;
  const { start } = completeScenario(loadScenario(scenario));
  const own = {
    port: 0,
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
function progressDisplay({ color }: Pick<RunValues, "color">): ProgressDisplay {
  const line = (text: string) => void process.stderr.write(`${text}\n`);
  const isPlain = !color || process.env["NO_COLOR"] !== undefined || process.env["TERM"] === "dumb";
  if (isPlain || !process.stderr.isTTY) return { line };
  return { line, bar: (text) => void process.stderr.write(`\r\u001B[K${text}`) };
}

/** Those of the flags that tell what is done, whatever it is done to. */
export type JointValues = Pick<RunValues, "plan" | "rest" | "scenario" | "out" | "quiet" | "color">;

/** The options of a run that several flags decide together, or none. */
function jointOptions(plan: Plan, values: JointValues, ownServer: boolean) {
  const scenario = values.scenario ?? (ownServer ? plan.server?.scenario : undefined);
  // Whose routes nobody named may be another server's than ours.
  const isPlanned = values.plan !== undefined || ownServer;
  const rest: NonNullable<LoadtestOptions["rest"]> = values.rest ? (isPlanned ? "always" : "known-server") : "never";
  return {
    plan,
    rest,
    ...(scenario === undefined ? {} : { scenario: loadScenario(scenario) }),
    outDir: values.out ?? defaultFolder(),
    isOutDirNew: values.out === undefined,
    ...(values.quiet ? {} : { progress: progressDisplay(values) }),
    commandLine: describeCommand({ argv: process.argv, env: process.env, cwd: process.cwd() }),
    version,
  };
}

/** The library's options that the flags of a command ask for, for a server that somebody else has started. */
export function optionsForOthers(table: FlagTable, plan: Plan, values: JointValues) {
  return { ...optionsOf(table, values), ...jointOptions(plan, values, false) };
}

/** The library's options that the flags of a command ask for. */
export function runOptions(table: FlagTable, plan: Plan, values: RunValues) {
  const ownServer = values.url.length === 0;
  return { ...optionsOf(table, values), ...jointOptions(plan, values, ownServer), ownServer };
}

interface ServerRun<Prepared> {
  readonly plan: Plan;
  readonly values: RunValues;
  /** Whether a server of its own is one that can be restarted. @default false */
  readonly restarts?: boolean;
  /** Looks at everything but the server, before one is started. `restartOwn` restarts it. */
  prepare(signal: AbortSignal, restartOwn: () => Promise<void>): Promise<Prepared>;
  run(prepared: Prepared, server: LoadtestServer): Promise<void>;
}

/** Runs against the server that the flags name, or one of its own, which is stopped on every way out. */
export async function runOnServer<Prepared>({
  plan,
  values,
  restarts = false,
  prepare,
  run,
}: ServerRun<Prepared>): Promise<void> {
  using interrupt = interruption();
  const { signal } = interrupt;
  if (values.insecure) acceptAnyCertificate();
  let server: ServerProcess | RestartableServer | undefined;
  try {
    const prepared = await prepare(signal, () => (server as RestartableServer).restart());
    if (values.url.length === 0) server = await startServer(serverFlags(plan, values), restarts, signal);
    if (signal.aborted) {
      process.exitCode = exitCodes.interrupted;
      return;
    }
    const token = server?.token ?? values.token ?? process.env["MAX_TOKEN"];
    const url = server?.url ?? values.url;
    const isTokenOptional = server === undefined && values.token === undefined;
    await run(prepared, { url, isTokenOptional, ...(token === undefined ? {} : { token }) });
  } catch (error) {
    // Nobody asks any more what was missed.
    if (!signal.aborted || !(error instanceof TargetError)) throw error;
    process.exitCode = exitCodes.interrupted;
  } finally {
    await server?.stop();
  }
}

/** Writes the reports, and tells where the page is unless stdout is for programs. @throws {CliError} */
export async function saveReports(
  writeReports: () => Promise<readonly string[]>,
  outDir: string,
  { json }: Pick<RunValues, "json">,
): Promise<void> {
  try {
    const [page] = await writeReports();
    if (!json) process.stdout.write(`  report: ${page}\n`);
  } catch (error) {
    const { message } = error as Error;
    throw new CliError(exitCodes.usage, `The reports could not be written to ${outDir}: ${message}.`, { cause: error });
  }
}

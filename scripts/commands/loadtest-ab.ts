/** `max loadtest ab A B`: is B worse than A? Both, and A once more, in turns. */
import {
  type AbOptions,
  type AbResult,
  TargetError,
  abDefaults,
  compareServers,
  formatAb,
  formatAbMarkdown,
  formatConclusion,
  loadPlan,
  prepareAb,
} from "../../loadtest/index.js";
import { acceptAnyCertificate } from "../../loadtest/core/certificates.js";
import { type AbTest, formatDuration, parseCount } from "../../schemas/index.js";
import { openAbServers } from "../ab-servers.js";
import { CliError, type ExitCode, exitCodes, parseFlag } from "../cli-error.js";
import { defineCommand } from "../flags/command.js";
import { type FlagValues, positional, textFlag } from "../flags/flag-table.js";
import { parseRunMs } from "../flags/target-flags.js";
import { reportToGithub } from "../github-actions.js";
import { interruption } from "../interruption.js";
import {
  defaultPlan,
  optionsForOthers,
  outputFlags,
  parseClients,
  runFlags,
  saveReports,
  targetFlags,
} from "./loadtest-run.js";

/** A share, as `3%`. */
function parsePercent(text: string, flag: string): number {
  const percent = /^(\d+(?:\.\d+)?) ?%$/.exec(text)?.[1];
  if (percent !== undefined) return Number(percent) / 100;
  throw new CliError(exitCodes.usage, `Invalid ${flag} ${JSON.stringify(text)}: expected a percentage, such as 3%.`);
}

const { url: _url, ...targets } = targetFlags;
const { warmup, compression, workers, scenario } = runFlags;

const flags = {
  a: positional("the server to compare with: a command that starts it, or its address"),
  b: positional("the server that is compared with it: a command, or its address"),
  clients: textFlag({
    parse: parseClients,
    option: "clients",
    description: "subscribers of each round: 200 or 5k",
    defaultDescription: "the plan's",
  }),
  round: textFlag({
    parse: parseRunMs,
    option: "roundMs",
    default: formatDuration(abDefaults.roundMs),
    description: "measured time of each round",
  }),
  rounds: textFlag({
    parse: (text, flag) => parseFlag(flag, text, parseCount),
    option: "roundsMax",
    default: String(abDefaults.roundsMax),
    description: "the most rounds, of A, B and A' together",
  }),
  precision: textFlag({
    parse: parsePercent,
    option: "precision",
    default: `${abDefaults.precision * 100}%`,
    description: "fewer rounds are enough when the main figure's interval is ± this",
  }),
  ...targets,
  token: { ...targets.token, description: "the servers' control token; those that are started are given it" },
  warmup,
  compression,
  workers,
  scenario: { ...scenario, description: "a scenario file that the servers run", defaultDescription: "a shipped one" },
  ...outputFlags,
  json: { ...outputFlags.json, description: "print ab.json instead of the screen" },
};

/** What the flags ask for. */
export interface AbRequest {
  readonly options: AbOptions & { readonly outDir: string };
  readonly values: FlagValues<typeof flags>;
}

const verdictExitCodes: Readonly<Record<AbTest["verdict"], ExitCode>> = {
  same: exitCodes.pass,
  better: exitCodes.pass,
  worse: exitCodes.failed,
  mixed: exitCodes.failed,
  invalid: exitCodes.invalid,
};

async function present({ ab, writeReports }: AbResult, { options, values }: AbRequest): Promise<void> {
  process.stdout.write(`${values.json ? JSON.stringify(ab, null, 2) : formatAb(ab)}\n`);
  await saveReports(writeReports, options.outDir, values);
  const exitCode = ab.interrupted ? exitCodes.interrupted : verdictExitCodes[ab.verdict];
  process.exitCode = exitCode;
  if (values.github)
    reportToGithub(
      formatConclusion("max loadtest ab", ab.conclusion, exitCode === exitCodes.pass),
      formatAbMarkdown(ab),
    );
}

async function compare(request: AbRequest): Promise<void> {
  const { options, values } = request;
  using interrupt = interruption();
  const { signal } = interrupt;
  if (values.insecure) acceptAnyCertificate();
  try {
    const { a, b } = values;
    const token = values.token ?? process.env["MAX_TOKEN"];
    const source = openAbServers({ a, b, token, isTokenOptional: values.token === undefined });
    await present(await compareServers(await prepareAb({ ...options, signal }), source), request);
  } catch (error) {
    // Nobody asks any more what was missed.
    if (!signal.aborted || !(error instanceof TargetError)) throw error;
    process.exitCode = exitCodes.interrupted;
  }
}

export const loadtestAbCommand = defineCommand({
  flags,
  examples: [
    ["max loadtest ab 'npx max demo' 'npx max demo --fanout stock'", "what does a flag cost?"],
    ["max loadtest ab 'node ../main/dist/bin/max.js demo' 'node dist/bin/max.js demo'", "another build of it"],
    ["max loadtest ab 'uvicorn app:main --port {port}' 'node app.js {port}'", "servers of any make, by CPU of /proc"],
    ["max loadtest ab http://old:8000 http://new:8000 --token TOKEN", "servers that run already"],
    ["max loadtest ab A B --clients 1k --round 5s --rounds 60", "more subscribers, more and shorter rounds"],
  ],
  epilogue: [
    "A, B and A' (A once more) have rounds in Latin-square order, three a block, until the main figure, server CPU per delivery where it is known, is precise enough. B differs in a figure where the interval of B/A leaves out 1 and B/A lies outside the interval of A'/A. Where A'/A leaves out 1, the machine cannot tell equal servers apart: INVALID. Deliveries that B loses make it worse whatever it costs.",
    "A command is started anew for each round, and ended with all that it started. Its address is the first one of this machine that it prints, or {port} in it becomes a free port. max demo is given a free port, a store in memory and a token by variables.",
    "Exit codes: 0 no difference, or B is better; 1 B is worse; 2 usage; 3 INVALID; 4 a server is unreachable; 5 a command did not start; 130 interrupted.",
  ].join("\n\n"),
  async prepare(values): Promise<AbRequest> {
    const plan = await loadPlan(values.plan ?? defaultPlan);
    return { options: optionsForOthers(flags, plan, values), values };
  },
  run: compare,
});

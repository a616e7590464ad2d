/**
 * `max-harness/loadtest`: a load test of a running server as a function, with the options of `max loadtest --url`.
 *
 * Resolves with what summary.json has, and writes reports only where it is told a folder.
 */
import { type OptionTable, checkOptions, either, record, text } from "../schemas/option-table.js";
import type { Plan, Summary } from "../schemas/index.js";
import { version } from "../schemas/package-root.js";
import { loadtestRules, prepareLoadtest } from "./controller/prepare.js";
import { runPrepared, serverRules } from "./controller/run-prepared.js";
import { OptionError } from "./core/errors.js";
import type { LoadtestOptions as PreparedOptions, LoadtestServer } from "./core/options.js";
import { loadPlan } from "./plans/parse.js";

export { OptionError, TargetError } from "./core/errors.js";
export type { ProgressDisplay } from "./core/options.js";
export { shippedPlans } from "./plans/shipped.js";
export type { Plan, Scenario, Summary } from "../schemas/index.js";

/** What the command line alone decides. */
type CommandOption = "agents" | "ownServer" | "isOutDirNew" | "observer" | "commandLine" | "version";

type ServerOptions = Omit<LoadtestServer, "isTokenOptional">;

export interface LoadtestOptions extends ServerOptions, Omit<PreparedOptions, CommandOption | "plan" | "rest"> {
  /** The name of a shipped plan, the path of a plan file, or a plan. @default "default" */
  readonly plan?: string | Plan;
  /**
   * Whether the plan's REST requests and messages are sent: always, never, or only to a server that has
   * `/api/simulation`. Thresholds of the plan on what is not sent are left out. @default "always", and without a `plan`
   * "known-server"
   */
  readonly rest?: NonNullable<PreparedOptions["rest"]>;
}

const {
  agents: _agents,
  ownServer: _own,
  isOutDirNew: _new,
  observer: _observer,
  commandLine: _line,
  version: _version,
  ...runRules
} = loadtestRules;

const rules: OptionTable<LoadtestOptions> = {
  ...runRules,
  url: serverRules.url,
  token: serverRules.token,
  plan: either(text, record("a plan, an object")),
};

/**
 * Load-tests a server that runs already. Resolves with the verdict and everything that it rests on, whatever the server
 * does.
 *
 * @throws {OptionError} when an option, the plan or a threshold makes no sense, or this server cannot do what they ask
 * @throws {TargetError} when nothing answers at the address, or what answers refuses subscribers or is no Socket.IO server
 * @example
 * const { verdict, reasons } = await runLoadtest({ url: "http://localhost:8000", plan: "smoke", clients: 50 });
 */
export async function runLoadtest(given: LoadtestOptions): Promise<Summary> {
  const options = checkOptions(
    "runLoadtest()",
    rules,
    given,
    ({ option, message }) => new OptionError(message, { option }),
  );
  const { url, token, plan = "default", ...rest } = options;
  const prepared = await prepareLoadtest({
    rest: options.plan === undefined ? "known-server" : "always",
    ...rest,
    plan: typeof plan === "string" ? await loadPlan(plan) : plan,
    commandLine: "runLoadtest()",
    version,
  });
  const { summary, writeReports } = await runPrepared(prepared, { url, ...(token === undefined ? {} : { token }) });
  await writeReports();
  return summary;
}

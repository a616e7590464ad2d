/** What one run of the checker is about: its options with every default, its clients, and what it writes to. */
import { OptionError, TargetError } from "../../core/errors.js";
import { eventNames } from "../../../schemas/index.js";
import {
  type OptionFault,
  type OptionTable,
  callback,
  checkOptions,
  flag,
  group,
  listOf,
  oneOf,
  text,
  wholeFrom,
} from "../../../schemas/option-table.js";
import { headersRule, runMsMax, signalRule } from "../../core/options.js";
import { type Target, parseTarget } from "../../core/target.js";
import { type StallWatch, watchStalls } from "../../core/stall-tolerant-timer.js";
import { type Coverage, createCoverage } from "./coverage.js";
import { type Deadline, type Grace, startDeadline, startGrace } from "../../core/deadline.js";
import { type CaseId, parseCaseId } from "./case-id.js";
import { type Findings, createFindings } from "./findings.js";
import { type ContractLimits, type ContractOptions, contractDefaults, contractLimits } from "./options.js";
import { type HttpClient, createHttpClient } from "../rest/http-client.js";
import { createTag } from "./run-tag.js";
import { describeValue } from "../../../schemas/describe-value.js";
import { type Profile, includesLevel, partLevels, parts, profiles } from "./rules.js";

const limitMs = wholeFrom(1, runMsMax, " milliseconds");

const limitRules: OptionTable<ContractLimits> = {
  answerMsMax: limitMs,
  connectMsMax: limitMs,
  eventMsMax: limitMs,
  overtimeMsMax: limitMs,
  graceMsMax: limitMs,
  packetsMax: wholeFrom(1),
  packetCharactersMax: wholeFrom(1),
};

/** What each option takes. Whether an address, a header or a token can be used is judged with the target. */
const contractRules: OptionTable<ContractOptions> = {
  url: text,
  forMs: wholeFrom(0, runMsMax, " milliseconds"),
  profile: oneOf(...profiles),
  only: listOf(oneOf(...parts), `a list of parts of ${parts.join(", ")}`),
  case: text,
  cases: text,
  accept: text,
  updateAccepted: flag,
  waitMs: wholeFrom(0, runMsMax, " milliseconds"),
  expect: listOf(oneOf(...eventNames), `a list of events of ${eventNames.join(", ")}`),
  readOnly: flag,
  strict: flag,
  seed: text,
  token: { ...text, isSecret: true },
  headers: headersRule,
  signal: signalRule,
  progress: callback,
  limits: group(limitRules),
};

/** @throws {OptionError} for what is missing, misspelt or of another kind */
function completeOptions(given: ContractOptions): ContractOptions {
  const refuse = ({ option, message }: OptionFault): OptionError => new OptionError(message, { option });
  const options = checkOptions("runContract()", contractRules, given, refuse);
  if (options.url === undefined)
    throw new OptionError(
      "Missing url of runContract(): expected the address of a server, such as http://localhost:8000.",
    );
  return options;
}

function targetOf({ url, headers, token }: ContractOptions): Target {
  try {
    return parseTarget({ url, headers, token });
  } catch (cause) {
    if (cause instanceof TargetError) throw new OptionError(cause.message, { cause });
    throw cause;
  }
}

/** A part that is asked for alone and never reached would pass without a single check. */
function requireReach({ only = [], profile = "realtime", token }: ContractOptions): void {
  for (const part of only) {
    const level = partLevels[part];
    if (!includesLevel(profile, level)) {
      throw new OptionError(
        `The part ${part} belongs to the ${level} profile, and only ${profile} is judged. Set the option profile to ${level}, or leave the part out.`,
      );
    }
    if (part === "control" && token === undefined) {
      throw new OptionError(
        "The part control controls the simulation, which needs the control token. Give it with the option token, or leave the part out.",
      );
    }
  }
}

/** The options of a run that repeats a case alone. */
function optionsOfCase(options: ContractOptions, text: string): { options: ContractOptions; repeated: CaseId } {
  const repeated = parseCaseId(text);
  if (repeated === undefined) {
    throw new OptionError(
      `Invalid case ${describeValue(text)}: expected the id of a finding out of a report, such as agents.unknown-id.1a2b3c4d5e.`,
      { option: "case" },
    );
  }
  if (options.only !== undefined)
    throw new OptionError("The option case names its part itself. Leave the option only out.");
  const { part, rule } = repeated;
  const forMs = options.forMs ?? contractDefaults.caseForMs;
  // That a run comes to its end shows in a whole one.
  if (rule === "run-finished") return { options: { ...options, forMs }, repeated };
  return { options: { ...options, forMs, profile: partLevels[part], only: [part] }, repeated };
}

/** What one run is about, with every default filled in. */
export interface Run {
  /** The case that is repeated alone. */
  readonly repeated: CaseId | undefined;
  /** Marks everything that this run creates. */
  readonly tag: string;
  readonly options: ContractOptions;
  readonly target: Target;
  /** The level that the verdict is about. */
  readonly profile: Profile;
  readonly forMs: number;
  readonly strict: boolean;
  readonly readOnly: boolean;
  readonly limits: ContractLimits;
  readonly findings: Findings;
  readonly coverage: Coverage;
  readonly http: HttpClient;
  /** Still sends in the time of grace. */
  readonly cleanupClient: HttpClient;
  /** With the control token and without any; undefined where none was given. */
  readonly controlling: Record<"http" | "restoreClient" | "anonymousClient", HttpClient> | undefined;
  /** Aborted by the caller, or at the run's own end of time. */
  readonly signal: AbortSignal;
  readonly deadline: Deadline;
  /** What is left after `signal` to end what must be ended. */
  readonly grace: Grace;
  readonly stalls: StallWatch;
  readonly startedMs: number;
}

/**
 * The options, and the server that they name.
 *
 * @throws {OptionError} when an option cannot be used, the options contradict each other, or the URL is invalid
 */
export function requireOptions(given: ContractOptions): {
  readonly options: ContractOptions;
  readonly target: Target;
  readonly repeated: CaseId | undefined;
} {
  const complete = completeOptions(given);
  const { options, repeated } =
    complete.case === undefined ? { options: complete, repeated: undefined } : optionsOfCase(complete, complete.case);
  if (options.readOnly === true && options.profile === "management") {
    throw new OptionError(
      "The management profile cannot be judged read-only: it is about writing. Set the option profile to core, or leave the option readOnly out.",
    );
  }
  if (options.token !== undefined && options.profile !== "management" && repeated === undefined) {
    throw new OptionError(
      "The option token is for controlling the simulation, which belongs to the management profile. Set the option profile to management, or leave the token out.",
    );
  }
  requireReach(options);
  if (options.updateAccepted === true && options.accept === undefined)
    throw new OptionError("The option updateAccepted needs a file to write. Name it with the option accept.");
  if (options.updateAccepted === true && (repeated !== undefined || options.only !== undefined))
    throw new OptionError("The option updateAccepted needs a whole run. Leave the options case and only out.");
  return { options, target: targetOf(options), repeated };
}

/**
 * Starts the run's clock.
 *
 * @throws {OptionError} as `requireOptions`
 */
export function prepareRun(given: ContractOptions): Run {
  const { options, target, repeated } = requireOptions(given);
  const limits = { ...contractLimits, ...options.limits };
  const forMs = options.forMs ?? contractDefaults.forMs;
  const deadline = startDeadline(forMs + limits.overtimeMsMax, options.signal);
  const { signal } = deadline;
  const grace = startGrace(limits.graceMsMax, signal);
  const stalls = watchStalls();
  const http = {
    base: target.base,
    headers: target.headers,
    answerMsMax: limits.answerMsMax,
    stalls,
    grace: grace.signal,
    shared: { isReached: false, deleted: new Set<string>(), cookies: target.cookies },
  };
  const { headers } = http;
  const others = Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== "authorization"));
  const withToken = { ...http, headers: { ...others, Authorization: `Bearer ${options.token ?? ""}` } };
  return {
    options,
    target,
    repeated,
    tag: createTag(),
    profile: options.profile ?? "realtime",
    forMs,
    strict: options.strict ?? contractDefaults.strict,
    readOnly: options.readOnly ?? contractDefaults.readOnly,
    limits,
    findings: createFindings(),
    coverage: createCoverage(),
    http: createHttpClient({ ...http, signal }),
    cleanupClient: createHttpClient({ ...http, signal: grace.signal }),
    controlling:
      options.token === undefined
        ? undefined
        : {
            http: createHttpClient({ ...withToken, signal }),
            anonymousClient: createHttpClient({ ...http, headers: others, signal }),
            restoreClient: createHttpClient({ ...withToken, signal: grace.signal }),
          },
    signal,
    deadline,
    grace,
    stalls,
    startedMs: performance.now(),
  };
}

/**
 * One run of the checker: reach the server, listen, read and write meanwhile, judge.
 *
 * Invariant: it always ends, within the listening time plus a fixed overtime, and always with a verdict.
 */
import { eventNames } from "../../schemas/index.js";
import { type StallWatch, sleepAwake, watchStalls } from "./awake.js";
import { type Coverage, createCoverage } from "./coverage.js";
import { type Deadline, startDeadline } from "./deadline.js";
import { type Listening, startListening } from "./events/listening.js";
import { judgeExtensions } from "./extensions/extensions.js";
import { seedNumber } from "./generate/arbitrary.js";
import { type Finding, type Ledger, createLedger } from "./ledger.js";
import { type ContractLimits, type ContractOptions, contractDefaults, contractLimits } from "./options.js";
import type { Rest } from "./rest/call.js";
import { followEvents } from "./rest/following.js";
import { type HttpClient, NoReplyError, UnreachableError, createHttpClient } from "./rest/http-client.js";
import { judgeMethods } from "./rest/methods.js";
import { judgeReading } from "./rest/reading.js";
import { type ContractResult, type ContractVerdict, type EventOutcome, verdictExitCodes } from "./result.js";
import { type Part, type Profile, includesLevel, rules } from "./rules.js";
import { judgeWriting } from "./writing/writing.js";

/** Options that contradict each other. */
export class ContractOptionsError extends Error {
  override readonly name = "ContractOptionsError";
}

/** What one run is about, with every default filled in. */
interface Run {
  readonly options: ContractOptions;
  /** The level that the verdict is about. */
  readonly profile: Profile;
  readonly forMs: number;
  readonly strict: boolean;
  readonly readOnly: boolean;
  readonly limits: ContractLimits;
  readonly ledger: Ledger;
  readonly coverage: Coverage;
  readonly http: HttpClient;
  /** Still sends when the run was interrupted. */
  readonly cleaner: HttpClient;
  /** With the control token and without any; undefined where none was given. */
  readonly controlling: Record<"http" | "restorer" | "stranger", HttpClient> | undefined;
  /** Aborted by the caller, or at the run's own end of time. */
  readonly signal: AbortSignal;
  readonly deadline: Deadline;
  readonly stalls: StallWatch;
  readonly startedMs: number;
  /** The same by the wall clock: it tells one run's things from another's. */
  readonly startedAt: number;
}

function progress({ options }: Run, line: string): void {
  options.progress?.(line);
}

/** Returns whether the server answered at all. */
async function probe({ http, ledger }: Run): Promise<boolean> {
  const judge = ledger.judge("realtime");
  try {
    const reply = await http.send(judge, "GET /health", { method: "GET", path: "/health" });
    judge.check("health-answers", "GET /health", reply.status === 200, () => ({
      detail: `answered ${reply.status}`,
      value: reply.status,
      example: reply.text.slice(0, 500),
    }));
  } catch (error) {
    if (!(error instanceof NoReplyError)) throw error;
    return false;
  }
  return true;
}

/** Listens for the time asked for, unless nobody was let in. */
async function listen(run: Run, listening: Listening): Promise<void> {
  if (listening.connected.length === 0) return;
  progress(run, `listening for ${run.forMs / 1000} s over ${listening.connected.join(" and ")}`);
  await sleepAwake(run.forMs, run.signal);
}

function createRest({ options, ledger, http, coverage, limits, startedAt }: Run, level: Profile): Rest {
  const seed = seedNumber(options.seed ?? contractDefaults.seed);
  return { http, coverage, limits, tag: `ct-${startedAt.toString(36)}`, seed, judge: ledger.judge(level) };
}

function runsPart({ options }: Run, part: Part): boolean {
  return options.only?.includes(part) ?? true;
}

/** Everything over REST that the claimed level asks for; without a claim, reading what `core` would. */
async function judgeRest(run: Run, listening: Listening, listened: Promise<void>): Promise<void> {
  const { options, http, cleaner } = run;
  const claimed = options.profile ?? "core";
  if (claimed === "realtime" || http.givenUp) return;
  const core = createRest(run, "core");
  const runs = (part: Part): boolean => runsPart(run, part);
  const following = runs("following") ? followEvents(core, listening) : undefined;
  try {
    progress(run, "reading over REST");
    await judgeReading(core, runs);
    if (claimed !== "management") return;
    const management = createRest(run, "management");
    progress(run, `writing over REST, to things of its own named ${management.tag}-*`);
    if (runs("methods")) await judgeMethods(management, ({ extension }) => extension === undefined);
    await judgeWriting(management, listening, { cleaner, runs });
  } finally {
    await listened.catch(() => {});
    await following?.finish();
  }
}

/** After the listening, because who moves the simulation about disturbs its stream. */
async function judgeBeyond(run: Run): Promise<void> {
  const { options, http, controlling } = run;
  if (options.profile !== "management" || http.givenUp) return;
  progress(
    run,
    `asking what it has beyond the documented API${controlling === undefined ? "" : ", and moving its simulation about"}`,
  );
  const rest = createRest(run, "management");
  const control = controlling === undefined ? undefined : { ...controlling, rest: { ...rest, http: controlling.http } };
  await judgeExtensions(rest, { control, runs: (part) => runsPart(run, part) });
}

function judgeCoverage({ ledger, coverage, profile, options }: Run): void {
  if (options.only !== undefined) return;
  for (const level of ["core", "management"] as const) {
    if (!includesLevel(profile, level)) continue;
    const lower = new Set(level === "core" ? [] : coverage.report("core").operations.map(({ name }) => name));
    const { operations, extensions } = coverage.report(level);
    for (const { name, covered, why } of [...operations, ...extensions]) {
      if (lower.has(name) || why !== undefined) continue;
      ledger.judge(level).check("operation-exercised", name, covered, () => ({
        detail: "was never answered with its success, so that it cannot be judged",
      }));
    }
  }
}

async function judgeServer(run: Run): Promise<readonly EventOutcome[]> {
  const { options, ledger, limits, signal, coverage } = run;
  const starting = startListening({
    url: options.url,
    headers: options.headers ?? {},
    expect: options.expect ?? eventNames,
    judge: ledger.judge("realtime"),
    limits,
    signal,
    stalls: run.stalls,
  });
  // Both at once: a server that hangs costs its time limit only once.
  const [probed, started] = await Promise.allSettled([probe(run), starting]);
  if (started.status === "rejected") throw started.reason;
  const listening = started.value;
  if (probed.status === "rejected") {
    await listening.finish();
    throw probed.reason;
  }
  listening.onEvent(({ event, payload }) => coverage.sawEvent(event, payload));
  const listened = listen(run, listening);
  // A server that has said nothing on three ways is not asked a hundred more questions.
  const isSilent = !probed.value && listening.connected.length === 0;
  const ends = await Promise.allSettled([listened, isSilent ? undefined : judgeRest(run, listening, listened)]);
  const events = await listening.finish();
  for (const part of ends) if (part.status === "rejected" && !signal.aborted) throw part.reason;
  if (!signal.aborted) await judgeBeyond(run);
  if (!signal.aborted) judgeCoverage(run);
  return events;
}

function verdictOf(
  { profile, strict }: Run,
  findings: readonly Finding[],
): { readonly verdict: "PASS" | "FAIL" | "INVALID"; readonly reasons: string[] } {
  const isBroken = ({ severity }: Finding): boolean => severity === "error" || (strict && severity === "warning");
  const isDoubtful = ({ rule, severity }: Finding): boolean =>
    severity === "doubt" && (strict || rules[rule].severity === "error");
  const within = findings.filter(({ level }) => includesLevel(profile, level));
  const broken = within.filter(isBroken);
  const counted = [...broken, ...within.filter(isDoubtful)];
  return {
    verdict: broken.length > 0 ? "FAIL" : counted.length > 0 ? "INVALID" : "PASS",
    reasons: counted.map(({ rule, subject, detail, count, doubt }) => {
      const times = count > 1 ? ` (${count} times)` : "";
      return `${rule}: ${subject}: ${detail}${times}${doubt === undefined ? "" : `; inconclusive, because ${doubt}`}`;
    }),
  };
}

function beyondOf({ options }: Run, findings: readonly Finding[]): Pick<ContractResult, "beyond"> {
  if (options.profile !== undefined) return {};
  const core = findings.filter(({ level, severity }) => level === "core" && severity === "error");
  return { beyond: { profile: "core", reached: core.length === 0, findings: core.length } };
}

function conclude(
  run: Run,
  ended: ContractVerdict | undefined,
  why: readonly string[],
  events: readonly EventOutcome[],
): ContractResult {
  const { ledger, options, profile, strict, readOnly, coverage, forMs, startedMs } = run;
  // What failed because nobody was there says nothing about the server.
  const isJudged = ended !== "UNREACHABLE";
  const findings = isJudged ? ledger.findings() : [];
  const judged = verdictOf(run, findings);
  const verdict = ended ?? judged.verdict;
  const durationMs = Math.round(performance.now() - startedMs);
  return {
    verdict,
    exitCode: verdictExitCodes[verdict],
    reasons: [...why, ...judged.reasons],
    url: options.url,
    profile,
    only: options.only ?? [],
    strict,
    readOnly,
    seed: options.seed ?? contractDefaults.seed,
    listenedMs: Math.min(forMs, durationMs),
    durationMs,
    stalls: run.stalls.stalls,
    events,
    ...(isJudged ? beyondOf(run, findings) : {}),
    coverage: coverage.report(options.profile ?? "core"),
    findings,
    rules: isJudged ? ledger.outcomes() : [],
  };
}

function prepare(options: ContractOptions): Run {
  const readOnly = options.readOnly ?? contractDefaults.readOnly;
  if (readOnly && options.profile === "management") {
    throw new ContractOptionsError(
      "The management profile cannot be judged read-only: it is about writing. Claim core, or leave read-only out.",
    );
  }
  if (options.token !== undefined && options.profile !== "management") {
    throw new ContractOptionsError(
      "A token is for moving the simulation about, which belongs to the management profile. Claim management, or leave the token out.",
    );
  }
  const limits = { ...contractLimits, ...options.limits };
  const forMs = options.forMs ?? contractDefaults.forMs;
  const deadline = startDeadline(forMs + limits.overtimeMsMax, options.signal);
  const { signal } = deadline;
  const stalls = watchStalls();
  const http = {
    url: options.url,
    headers: options.headers ?? {},
    answerMsMax: limits.answerMsMax,
    stalls,
    deleted: new Set<string>(),
  };
  const never = new AbortController().signal;
  const { headers } = http;
  const others = Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== "authorization"));
  const withToken = { ...http, headers: { ...others, Authorization: `Bearer ${options.token ?? ""}` } };
  return {
    options,
    profile: options.profile ?? "realtime",
    forMs,
    strict: options.strict ?? contractDefaults.strict,
    readOnly,
    limits,
    ledger: createLedger(),
    coverage: createCoverage(),
    http: createHttpClient({ ...http, signal }),
    cleaner: createHttpClient({ ...http, signal: never }),
    controlling:
      options.token === undefined
        ? undefined
        : {
            http: createHttpClient({ ...withToken, signal }),
            stranger: createHttpClient({ ...http, headers: others, signal }),
            restorer: createHttpClient({ ...withToken, signal: never }),
          },
    signal,
    deadline,
    stalls,
    startedMs: performance.now(),
    startedAt: Date.now(),
  };
}

/**
 * Judges a running server by its address. Resolves whatever the server does.
 *
 * @throws {ContractOptionsError} when the options contradict each other
 * @example
 * const result = await runContract({ url: "http://localhost:8000", profile: "core" });
 * process.exitCode = result.exitCode;
 */
export async function runContract(options: ContractOptions): Promise<ContractResult> {
  const run = prepare(options);
  let events: readonly EventOutcome[] = [];
  try {
    events = await judgeServer(run);
  } catch (error) {
    if (error instanceof UnreachableError)
      return conclude(run, "UNREACHABLE", [`${error.message}; is the server running there?`], []);
    if (!run.signal.aborted) throw error;
  } finally {
    run.deadline.cancel();
    run.stalls.stop();
  }
  if (options.signal?.aborted === true)
    return conclude(run, "INTERRUPTED", ["interrupted; this is what was found so far"], events);
  run.ledger.judge("realtime").check("run-finished", "the run", !run.deadline.isOver, () => ({
    detail: `it was not done ${run.limits.overtimeMsMax / 1000} s after the listening time`,
  }));
  return conclude(run, undefined, [], events);
}

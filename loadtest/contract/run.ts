/**
 * One run of the checker: reach the server, listen, read and write meanwhile, judge.
 *
 * Invariant: it always ends, within the listening time plus a fixed overtime and grace, and always with a verdict.
 */
import { TargetError } from "../core/errors.js";
import { eventNames } from "../../schemas/index.js";
import { sleepStallTolerant } from "../core/stall-tolerant-timer.js";
import { probeSocketIo } from "../core/target-requests.js";
import { conclude } from "./conclusion.js";
import { type Listening, startListening } from "./events/listening.js";
import { judgeExtensions } from "./extensions/extensions.js";
import { seedNumber } from "./generate/arbitrary.js";
import { type ContractOptions, contractDefaults } from "./core/options.js";
import type { Rest } from "./rest/call.js";
import { followEvents } from "./rest/following.js";
import { NoReplyError } from "./rest/http-client.js";
import { judgeMethods } from "./rest/methods.js";
import { judgeReading } from "./rest/reading.js";
import type { ContractResult, EventOutcome } from "./core/result.js";
import { type Part, type Profile, includesLevel } from "./core/rules.js";
import { type Run, prepareRun } from "./core/run-context.js";
import { judgeWriting } from "./writing/writing.js";

function progress({ options }: Run, line: string): void {
  options.progress?.(line);
}

/** The token that was given is none of this server's: the run would find everything broken that needs it. */
class TokenRefusedError extends Error {
  override readonly name = "TokenRefusedError";
}

/** Asks for a move that lacks its body, which nobody carries out: only whether the token opens anything is looked at. */
async function requireToken({ controlling, findings }: Run): Promise<void> {
  const request = { method: "POST", path: "/api/simulation/speed" };
  const operation = `${request.method} ${request.path}`;
  try {
    const reply = await controlling?.http.send(findings.judge("management"), operation, request);
    if (reply?.status === 401 || reply?.status === 403)
      throw new TokenRefusedError(`${operation} answered ${reply.status} to the token that was given`);
  } catch (error) {
    if (!(error instanceof NoReplyError)) throw error;
  }
}

/** Rejects where the address, and not the server, is at fault. Whether a server that is there answers, the checks judge. */
async function requireSetup({ target, limits }: Run): Promise<void> {
  try {
    await probeSocketIo(target, limits.connectMsMax);
  } catch (error) {
    if (!(error instanceof TargetError) || error.code !== "noAnswer") throw error;
  }
}

/** Returns whether the server answered at all. */
async function probe(run: Run): Promise<boolean> {
  const judge = run.findings.judge("realtime");
  try {
    const reply = await run.http.send(judge, "GET /health", { method: "GET", path: "/health" });
    judge.check("health-answers", "GET /health", reply.status === 200, () => ({
      detail: `answered ${reply.status}`,
      value: reply.status,
      example: reply.text.slice(0, 500),
    }));
  } catch (error) {
    if (!(error instanceof NoReplyError)) throw error;
    return false;
  }
  await requireToken(run);
  return true;
}

/** Listens for the time asked for, unless nobody was let in. */
async function listen(run: Run, listening: Listening): Promise<void> {
  if (listening.connected.length === 0) return;
  progress(run, `listening for ${run.forMs / 1000} s over ${listening.connected.join(" and ")}`);
  await sleepStallTolerant(run.forMs, run.signal);
}

function createRest({ options, findings, http, coverage, limits, startedAt }: Run, level: Profile): Rest {
  const seed = seedNumber(options.seed ?? contractDefaults.seed);
  return { http, coverage, limits, tag: `ct-${startedAt.toString(36)}`, seed, judge: findings.judge(level) };
}

function runsPart({ options }: Run, part: Part): boolean {
  return options.only?.includes(part) ?? true;
}

/** Everything over REST that the claimed level asks for; without a claim, reading what `core` would. */
export async function judgeRest(run: Run, listening: Listening, listened: Promise<void>): Promise<void> {
  const { options, http, cleanupClient } = run;
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
    await judgeWriting(management, listening, { cleanupClient, runs });
  } finally {
    await listened.catch(() => {});
    await following?.finish();
  }
}

/** After the listening, because who moves the simulation about disturbs its stream. */
export async function judgeBeyond(run: Run): Promise<void> {
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

function judgeCoverage({ findings, coverage, profile, options }: Run): void {
  if (options.only !== undefined) return;
  for (const level of ["core", "management"] as const) {
    if (!includesLevel(profile, level)) continue;
    const lower = new Set(level === "core" ? [] : coverage.report("core").operations.map(({ name }) => name));
    const { operations, extensions } = coverage.report(level);
    for (const { name, covered, why } of [...operations, ...extensions]) {
      if (lower.has(name) || why !== undefined) continue;
      findings.judge(level).check("operation-exercised", name, covered, () => ({
        detail: "was never answered with its success, so that it cannot be judged",
      }));
    }
  }
}

/** What was heard, and whether the listening came to its end. */
interface Heard {
  readonly events: readonly EventOutcome[];
  readonly isWhole: boolean;
}

/** Listens, and asks over REST meanwhile. */
async function judgeServer(run: Run): Promise<Heard> {
  const { options, findings, limits, signal, grace, coverage } = run;
  const isCutShort = (): boolean => options.signal?.aborted === true || grace.signal.aborted;
  // First, because its answer may bring the cookie by which a balancer leads everything else to one server.
  await requireSetup(run);
  const starting = startListening({
    target: run.target,
    expect: options.expect ?? eventNames,
    judge: findings.judge("realtime"),
    limits,
    signal,
    isCutShort,
    stalls: run.stalls,
    onFlood: () => run.deadline.end(new DOMException("the server sends too much", "AbortError")),
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
  const isWhole = ends[0].status === "fulfilled" && !isCutShort();
  for (const part of ends) if (part.status === "rejected" && !signal.aborted) throw part.reason;
  return { events, isWhole };
}

/**
 * Judges a running server by its address. Resolves whatever the server does.
 *
 * @throws {OptionError} when the options contradict each other, or the address is none
 * @example
 * const result = await runContract({ url: "http://localhost:8000", profile: "core" });
 * process.exitCode = result.verdict === "PASS" ? 0 : 1;
 */
export async function runContract(given: ContractOptions): Promise<ContractResult> {
  const run = prepareRun(given);
  const { options } = run;
  let heard: Heard = { events: [], isWhole: false };
  try {
    heard = await judgeServer(run);
    if (!run.signal.aborted) await judgeBeyond(run);
    if (!run.signal.aborted) judgeCoverage(run);
  } catch (error) {
    if (error instanceof TargetError) return conclude(run, "UNREACHABLE", [error.message], []);
    if (error instanceof TokenRefusedError)
      return conclude(run, "INVALID", [`${error.message}; is it this server's, as its operator keeps it?`], []);
    if (!run.signal.aborted) throw error;
  } finally {
    run.deadline.cancel();
    run.grace.end();
    run.stalls.stop();
  }
  if (options.signal?.aborted === true)
    return conclude(run, "INTERRUPTED", ["interrupted; this is what was found so far"], heard.events);
  // Where all was heard, it is REST that took too long: that is no fault of a server which claims none of it.
  const isOver = run.deadline.isOver;
  const level = isOver && heard.isWhole ? (options.profile ?? "core") : "realtime";
  run.findings.judge(level).check("run-finished", "the run", !isOver, () => ({
    detail: `it was not done ${run.limits.overtimeMsMax / 1000} s after the listening time; a slow server needs a longer one`,
  }));
  return conclude(run, undefined, [], heard.events);
}

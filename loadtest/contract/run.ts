/**
 * One run of the checker: reach the server, listen, read and write meanwhile, judge.
 *
 * Invariant: it always ends, within the listening time plus a fixed overtime and grace, and always with a verdict.
 */
import { TargetError } from "../core/errors.js";
import { eventNames } from "../../schemas/index.js";
import { sleepStallTolerant } from "../core/stall-tolerant-timer.js";
import { probeSocketIo } from "../core/target-requests.js";
import { type Conclusion, conclude, isCase } from "./conclusion.js";
import { type AgreedCompression, offerCompression } from "./events/compression.js";
import { type Listening, startListening } from "./events/listening.js";
import { judgeExtensions } from "./extensions/extensions.js";
import { seedNumber } from "./generate/arbitrary.js";
import { type ContractOptions, contractDefaults } from "./core/options.js";
import type { Rest } from "./rest/call.js";
import { followEvents } from "./rest/following.js";
import { NoReplyError } from "./rest/http-client.js";
import { judgeMethods } from "./rest/methods.js";
import { judgeReading } from "./rest/reading.js";
import { judgeResources } from "./rest/resources.js";
import type { ContractResult, EventOutcome } from "./core/result.js";
import { type Findings, createFindings } from "./core/findings.js";
import { partOf } from "./core/operations.js";
import { type Part, type Profile, includesLevel, listeningParts } from "./core/rules.js";
import { type Run, prepareRun } from "./core/run-context.js";
import { judgeWriting } from "./writing/writing.js";

function progress({ options }: Run, line: string): void {
  options.progress?.(line);
}

/** Parts that make things of their own. */
const writingParts: readonly Part[] = [
  "creating",
  "messages",
  "statuses",
  "changing",
  "deleting",
  "refusing",
  "repeating",
  "unsafe-inputs",
  "sequences",
];

/** Stands for subscribers where no part needs them. */
const noListening: Listening = {
  connected: [],
  onEvent: () => () => {},
  expectEvent: () => ({ within: () => Promise.resolve(undefined) }),
  finish: () => Promise.resolve([]),
};

/** The token that was given is none of this server's: the run would find everything broken that needs it. */
class TokenRefusedError extends Error {
  override readonly name = "TokenRefusedError";
}

/** Asks for a move that lacks its body, which nobody carries out: only whether the token opens anything is looked at. */
async function requireToken({ controlling, findings }: Run): Promise<void> {
  const request = { method: "POST", path: "/api/simulation/speed" };
  const operation = `${request.method} ${request.path}`;
  try {
    const reply = await controlling?.http.send(findings.judge("management", "control"), operation, request);
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
  if (!runsPart(run, "events")) {
    await requireToken(run);
    return true;
  }
  const judge = run.findings.judge("realtime", "events");
  try {
    const reply = await run.http.send(judge, "GET /health", { method: "GET", path: "/health" });
    judge.check("health-answers", "GET /health", reply.status === 200, () => ({
      detail: `answered ${reply.status}`,
      value: reply.status,
    }));
  } catch (error) {
    if (!(error instanceof NoReplyError)) throw error;
    return false;
  }
  await requireToken(run);
  return true;
}

/** Between two looks whether the case that is repeated was found. */
const caseLookMs = 100;

/** Listens for the time asked for, unless nobody was let in, or what was asked for needs no time of its own. */
async function listen(run: Run, listening: Listening): Promise<void> {
  if (listening.connected.length === 0 || !["events", "following"].some((part) => runsPart(run, part as Part))) return;
  progress(run, `listening for ${run.forMs / 1000} s over ${listening.connected.join(" and ")}`);
  if (run.repeated === undefined) return await sleepStallTolerant(run.forMs, run.signal);
  for (let leftMs = run.forMs; leftMs > 0 && !isCaseFound(run); leftMs -= caseLookMs)
    await sleepStallTolerant(Math.min(leftMs, caseLookMs), run.signal);
}

function isCaseFound({ findings, repeated }: Run): boolean {
  return repeated !== undefined && findings.list().some((finding) => isCase(finding, repeated));
}

function createRest({ options, findings, http, coverage, limits, tag }: Run, level: Profile, part: Part): Rest {
  const seed = seedNumber(options.seed ?? contractDefaults.seed);
  return { http, coverage, limits, tag, seed, judge: findings.judge(level, part) };
}

function runsPart({ options }: Run, part: Part): boolean {
  return options.only?.includes(part) ?? true;
}

/** Everything over REST that the claimed level asks for; without a claim, reading what `core` would. */
export async function judgeRest(run: Run, listening: Listening, listened: Promise<void>): Promise<void> {
  const { options, http, cleanupClient } = run;
  const claimed = options.profile ?? "core";
  if (claimed === "realtime" || http.givenUp) return;
  const runs = (part: Part): boolean => runsPart(run, part);
  if (runs("resources")) await judgeResources(createRest(run, "documented", "resources"));
  if (claimed === "documented") return;
  const following = runs("following") ? followEvents(createRest(run, "core", "following"), listening) : undefined;
  try {
    progress(run, "reading over REST");
    await judgeReading((part) => createRest(run, "core", part), runs);
    if (claimed !== "management") return;
    const restOf = (part: Part): Rest => createRest(run, "management", part);
    if (runs("methods")) await judgeMethods(restOf("methods"), ({ extension }) => extension === undefined);
    if (!writingParts.some(runs)) return;
    progress(run, `writing over REST, to things of its own named ${run.tag}-*`);
    await judgeWriting(restOf, listening, { cleanupClient, runs });
  } finally {
    await listened.catch(() => {});
    await following?.finish();
  }
}

/** After the listening, because who moves the simulation about disturbs its stream. */
export async function judgeBeyond(run: Run): Promise<void> {
  const { options, http, controlling } = run;
  const runs = (part: Part): boolean => runsPart(run, part);
  const isAsked = (["service", "simulation", "control", "methods"] as const).some(runs);
  if (options.profile !== "management" || http.givenUp || !isAsked) return;
  progress(
    run,
    `asking what it has beyond the documented API${controlling === undefined ? "" : ", and moving its simulation about"}`,
  );
  const restOf = (part: Part): Rest => createRest(run, "management", part);
  const control =
    controlling === undefined ? undefined : { ...controlling, rest: { ...restOf("control"), http: controlling.http } };
  await judgeExtensions(restOf, { control, runs });
}

function judgeCoverage({ findings, coverage, profile, options }: Run): void {
  for (const level of ["core", "management"] as const) {
    if (!includesLevel(profile, level)) continue;
    const lower = new Set(level === "core" ? [] : coverage.report("core").operations.map(({ name }) => name));
    const { operations, extensions } = coverage.report(level);
    for (const { name, covered, why } of [...operations, ...extensions]) {
      const part = partOf(name);
      if (lower.has(name) || why !== undefined || !(options.only?.includes(part) ?? true)) continue;
      findings.judge(level, part).check("operation-exercised", name, covered, () => ({
        detail: "was never answered with its success, so that it cannot be judged",
      }));
    }
  }
}

/** What was heard, and whether the listening came to its end. */
interface Heard {
  readonly events: readonly EventOutcome[];
  readonly compression?: AgreedCompression;
  readonly isWhole: boolean;
}

/** Listens, and asks over REST meanwhile. */
async function judgeServer(run: Run): Promise<Heard> {
  const { options, findings, limits, signal, grace, coverage } = run;
  const isCutShort = (): boolean => options.signal?.aborted === true || grace.signal.aborted;
  // First, because its answer may bring the cookie by which a balancer leads everything else to one server.
  await requireSetup(run);
  const isListening = [...listeningParts].some((part) => runsPart(run, part));
  // What was not asked for is heard, and not judged.
  const judge = (runsPart(run, "events") ? findings : createFindings()).judge("realtime", "events");
  const starting = !isListening
    ? Promise.resolve(noListening)
    : startListening({
        target: run.target,
        expect: options.expect ?? eventNames,
        judge,
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
  const hasWebSocket = listening.connected.includes("websocket") && !signal.aborted;
  const compression = hasWebSocket ? await offerCompression(run.target, limits.connectMsMax) : undefined;
  const heard = await listening.finish();
  const events = runsPart(run, "events") ? heard : [];
  const isWhole = ends[0].status === "fulfilled" && !isCutShort();
  for (const part of ends) if (part.status === "rejected" && !signal.aborted) throw part.reason;
  return { events, compression, isWhole };
}

/**
 * Judges a running server by its address, once. Resolves whatever the server does.
 *
 * @param known findings of a repeated case under another seed, which count as well, and those that are accepted
 * @throws {OptionError} when the options contradict each other, or the address is none
 */
export async function runOnce(
  given: ContractOptions,
  known: Pick<Conclusion, "accepted" | "kept"> = {},
): Promise<{ readonly result: ContractResult; readonly findings: Findings }> {
  const run = prepareRun(given);
  return { result: conclude(run, { ...known, ...(await judgeRun(run)) }), findings: run.findings };
}

/** Judges the server, and returns how that ended. */
async function judgeRun(run: Run): Promise<Conclusion> {
  const { options } = run;
  let heard: Heard = { events: [], isWhole: false };
  try {
    heard = await judgeServer(run);
    if (!run.signal.aborted) await judgeBeyond(run);
    if (!run.signal.aborted) judgeCoverage(run);
  } catch (error) {
    if (error instanceof TargetError) return { ended: "UNREACHABLE", why: error.message };
    if (error instanceof TokenRefusedError)
      return { ended: "INVALID", why: `${error.message}; is it this server's, as its operator keeps it?` };
    if (!run.signal.aborted) throw error;
  } finally {
    run.deadline.cancel();
    run.grace.end();
    run.stalls.stop();
  }
  const { events, compression } = heard;
  if (options.signal?.aborted === true)
    return { ended: "INTERRUPTED", why: "interrupted; this is what was found so far", events, compression };
  // Where all was heard, it is REST that took too long: that is no fault of a server which claims none of it.
  const isOver = run.deadline.isOver;
  const level = isOver && heard.isWhole ? (options.profile ?? "core") : "realtime";
  run.findings.judge(level, "events").check("run-finished", "the run", !isOver, () => ({
    detail: `it was not done ${run.limits.overtimeMsMax / 1000} s after the listening time; a slow server needs a longer one`,
  }));
  return { events, compression };
}

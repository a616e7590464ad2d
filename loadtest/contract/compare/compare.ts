/**
 * Compares two servers: the same requests to both, and what differs in answers and events.
 *
 * Nothing is written. Each request is sent twice to each, and a value that a server itself changes meanwhile is no
 * difference; nor are timestamps. Shapes decide, values are reported: two markets may well have other prices.
 */
import { setTimeout as delay } from "node:timers/promises";
import { type EventName, eventNames } from "../../../schemas/index.js";
import { OptionError, TargetError } from "../../core/errors.js";
import { headersRule, runMsMax, signalRule } from "../../core/options.js";
import { watchStalls } from "../../core/stall-tolerant-timer.js";
import { type Target, parseTarget } from "../../core/target.js";
import { probeSocketIo } from "../../core/target-requests.js";
import {
  type OptionFault,
  type OptionTable,
  callback,
  checkOptions,
  text,
  wholeFrom,
} from "../../../schemas/option-table.js";
import { createFindings } from "../core/findings.js";
import { contractDefaults, contractLimits } from "../core/options.js";
import { resourceKinds, resources } from "../core/operations.js";
import { startListening } from "../events/listening.js";
import { type HttpClient, type HttpReply, NoReplyError, createHttpClient } from "../rest/http-client.js";
import { type Shape, mergeShapes, shapeOf } from "./shape.js";

export interface CompareOptions {
  /** The base addresses of the two servers. */
  readonly a: string;
  readonly b: string;
  /** How long to listen for events, milliseconds. @default 20_000 */
  readonly forMs?: number;
  /** Sent with every request and connection to both. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends it; what was found so far is the result. @default never */
  readonly signal?: AbortSignal;
  /** Told in a sentence what is being done. @default nobody */
  readonly progress?: (line: string) => void;
}

/** What one server has and the other has not, or has otherwise. */
export interface Difference {
  /** The request, such as `GET /api/agents`, or the event. */
  readonly subject: string;
  /** A value is reported, and does not make two servers different. */
  readonly kind: "status" | "header" | "shape" | "event" | "value";
  /** The header or the place in the body. */
  readonly place: string;
  /** As each server has it; null where it has none. */
  readonly a: string | null;
  readonly b: string | null;
}

export interface CompareResult {
  readonly verdict: "SAME" | "DIFFERENT" | "UNREACHABLE" | "INTERRUPTED";
  /** Why there is none of the first two verdicts. */
  readonly reasons: readonly string[];
  readonly a: string;
  readonly b: string;
  readonly requests: number;
  /** Events seen on each. */
  readonly events: Readonly<Record<EventName, { readonly a: number; readonly b: number }>>;
  readonly differences: readonly Difference[];
}

const compareRules: OptionTable<CompareOptions> = {
  a: text,
  b: text,
  forMs: wholeFrom(0, runMsMax, " milliseconds"),
  headers: headersRule,
  signal: signalRule,
  progress: callback,
};

/** Headers that are part of an answer's meaning, and those whose values are. */
const headersThere = ["etag", "location", "link", "retry-after", "www-authenticate"];
const headersSame = ["allow", "cache-control"];
/** Of one request and kind: the rest is more of the same. */
const differencesMax = 20;
/** A server that sent fewer of an event may only have had no occasion for a field. */
const eventsEnough = 10;
const timestamp = /^"\d{4}-\d\d-\d\dT/;

interface Side {
  readonly target: Target;
  readonly http: HttpClient;
}

interface Asked {
  readonly method: "GET" | "HEAD";
  readonly path: string;
  /** In reports: parameters by their names. */
  readonly subject: string;
}

const get = (path: string, subject = path): Asked => ({ method: "GET", path, subject: `GET ${subject}` });

/** The ids that a list of any shape shows. */
function idsIn(reply: HttpReply | undefined): Set<string> {
  const ids = [...shapeOf(reply?.json).values.keys()].map((place) => /\/\[([^\]]+)\]\/id$/.exec(place)?.[1]);
  return new Set(ids.filter((id) => id !== undefined));
}

async function ask({ http }: Side, { method, path, subject }: Asked): Promise<HttpReply | undefined> {
  try {
    // What an answer breaks is the checker's business; here only differences count.
    return await http.send(createFindings().judge("core", "resources"), subject, { method, path });
  } catch (error) {
    if (error instanceof NoReplyError) return undefined;
    throw error;
  }
}

type Report = (difference: Difference) => void;

function compareMaps(
  a: ReadonlyMap<string, string>,
  b: ReadonlyMap<string, string>,
  report: (place: string) => void,
): void {
  let reported = 0;
  for (const place of new Set([...a.keys(), ...b.keys()])) {
    if (a.get(place) === b.get(place)) continue;
    if ((reported += 1) > differencesMax) return;
    report(place);
  }
}

/** The values that a server did not change between two reads. */
function steady(first: Shape, second: Shape): ReadonlyMap<string, string> {
  return new Map([...first.values].filter(([place, value]) => second.values.get(place) === value));
}

function compareReplies(subject: string, a: readonly (HttpReply | undefined)[], b: typeof a, report: Report): void {
  const [first, second] = [a[0], b[0]];
  const tell = (kind: Difference["kind"], place: string, ofA: string | null, ofB: string | null): void => {
    if (ofA !== ofB) report({ subject, kind, place, a: ofA, b: ofB });
  };
  const statusOf = (reply: HttpReply | undefined): string => (reply === undefined ? "no answer" : String(reply.status));
  tell("status", "", statusOf(first), statusOf(second));
  if (first === undefined || second === undefined || first.status !== second.status) return;
  tell("header", "content-type", first.mediaType, second.mediaType);
  const has = (reply: HttpReply, name: string): string | null => (reply.headers.has(name) ? "there" : null);
  for (const name of headersThere) tell("header", name, has(first, name), has(second, name));
  for (const name of headersSame) tell("header", name, first.headers.get(name), second.headers.get(name));
  const [shapesA, shapesB] = [a, b].map((replies) => replies.map((reply) => shapeOf(reply?.json)) as [Shape, Shape]);
  const [allA, allB] = [mergeShapes(...shapesA!), mergeShapes(...shapesB!)];
  compareMaps(allA.types, allB.types, (place) =>
    tell("shape", place, allA.types.get(place) ?? null, allB.types.get(place) ?? null),
  );
  const [valuesA, valuesB] = [steady(...shapesA!), steady(...shapesB!)];
  compareMaps(valuesA, valuesB, (place) => {
    const [ofA, ofB] = [valuesA.get(place), valuesB.get(place)];
    // What only one of them has is a row, a live value or a matter of shape.
    if (ofA !== undefined && ofB !== undefined && !(timestamp.test(ofA) && timestamp.test(ofB)))
      tell("value", place, ofA, ofB);
  });
}

async function compareRequests(a: Side, b: Side, report: Report): Promise<number> {
  let requests = 0;
  async function compare(asked: Asked): Promise<readonly [HttpReply | undefined, HttpReply | undefined]> {
    requests += 1;
    const [a1, b1] = await Promise.all([ask(a, asked), ask(b, asked)]);
    const [a2, b2] = await Promise.all([ask(a, asked), ask(b, asked)]);
    compareReplies(asked.subject, [a1, a2], [b1, b2], report);
    return [a1, b1];
  }
  await compare(get("/health"));
  for (const kind of resourceKinds) {
    const { collection } = resources[kind];
    const [listA, listB] = await compare(get(collection));
    for (const query of ["limit=1", "limit=0", "cursor=this-is-no-cursor"])
      await compare(get(`${collection}?${query}`));
    await compare({ method: "HEAD", path: collection, subject: `HEAD ${collection}` });
    await compare(get(`${collection}/no-such-id-9`));
    const idsOfB = idsIn(listB);
    const common = [...idsIn(listA)].find((id) => idsOfB.has(id));
    if (common === undefined) continue;
    const one = `${collection}/${encodeURIComponent(common)}`;
    await compare(get(one, `${collection}/:id`));
    if (kind === "sector") await compare(get(`${one}/candles?limit=2`, `${collection}/:id/candles`));
    if (kind === "discussion") await compare(get(`${one}/messages?limit=2`, `${collection}/:id/messages`));
  }
  return requests;
}

interface Heard {
  readonly counts: Map<EventName, number>;
  readonly shapes: Map<EventName, Shape>;
}

async function listen({ target }: Side, forMs: number, signal: AbortSignal): Promise<Heard> {
  const heard: Heard = { counts: new Map(), shapes: new Map() };
  const stalls = watchStalls();
  try {
    const listening = await startListening({
      target,
      expect: [],
      judge: createFindings().judge("realtime", "events"),
      limits: contractLimits,
      signal,
      isCutShort: () => true,
      stalls,
      onFlood: () => {},
    });
    const [transport] = listening.connected;
    listening.onEvent(({ event, payload }, from) => {
      if (from !== transport) return;
      heard.counts.set(event, (heard.counts.get(event) ?? 0) + 1);
      const shape = shapeOf(payload);
      const known = heard.shapes.get(event);
      heard.shapes.set(event, known === undefined ? shape : mergeShapes(known, { ...shape, values: new Map() }));
    });
    await delay(forMs, undefined, { signal }).catch(() => {});
    await listening.finish();
    return heard;
  } finally {
    stalls.stop();
  }
}

function compareEvents(a: Heard, b: Heard, report: Report): void {
  for (const event of eventNames) {
    const [countA, countB] = [a.counts.get(event) ?? 0, b.counts.get(event) ?? 0];
    const seen = (count: number): string | null => (count > 0 ? "seen" : null);
    if (seen(countA) !== seen(countB))
      report({ subject: event, kind: "event", place: "", a: seen(countA), b: seen(countB) });
    if (Math.min(countA, countB) < eventsEnough) continue;
    const [typesA, typesB] = [a, b].map(({ shapes }) => shapes.get(event)?.types ?? new Map<string, string>());
    compareMaps(typesA!, typesB!, (place) => {
      report({ subject: event, kind: "shape", place, a: typesA!.get(place) ?? null, b: typesB!.get(place) ?? null });
    });
  }
}

function createSide(url: string, option: string, options: CompareOptions, signal: AbortSignal): Side & Disposable {
  let target: Target;
  try {
    target = parseTarget({ url, headers: options.headers });
  } catch (cause) {
    if (cause instanceof TargetError) throw new OptionError(`${option}: ${cause.message}`, { option, cause });
    throw cause;
  }
  const stalls = watchStalls();
  const http = createHttpClient({
    base: target.base,
    headers: target.headers,
    answerMsMax: contractLimits.answerMsMax,
    signal,
    grace: signal,
    stalls,
    shared: { isReached: false, deleted: new Set(), cookies: target.cookies },
  });
  return { target, http, [Symbol.dispose]: () => stalls.stop() };
}

/**
 * Compares two running servers. Resolves whatever they do.
 *
 * @throws {OptionError} when an address or a header cannot be used
 */
export async function compareServers(given: CompareOptions): Promise<CompareResult> {
  const refuse = ({ option, message }: OptionFault): OptionError => new OptionError(message, { option });
  const options = checkOptions("compareServers()", compareRules, given, refuse);
  const signal = options.signal ?? new AbortController().signal;
  using a = createSide(options.a, "a", options, signal);
  using b = createSide(options.b, "b", options, signal);
  const differences: Difference[] = [];
  const report: Report = (difference) => void differences.push(difference);
  const heard: [Heard, Heard] = [
    { counts: new Map(), shapes: new Map() },
    { counts: new Map(), shapes: new Map() },
  ];
  let requests = 0;
  const conclude = (verdict: CompareResult["verdict"], reasons: readonly string[]): CompareResult => ({
    verdict,
    reasons,
    a: a.target.base,
    b: b.target.base,
    requests,
    events: Object.fromEntries(
      eventNames.map((name) => [name, { a: heard[0].counts.get(name) ?? 0, b: heard[1].counts.get(name) ?? 0 }]),
    ) as CompareResult["events"],
    differences,
  });
  const forMs = options.forMs ?? contractDefaults.forMs;
  try {
    await Promise.all([a, b].map(({ target }) => probeSocketIo(target)));
    options.progress?.(`asking both, and listening to both for ${forMs / 1000} s`);
    const listening = Promise.all([a, b].map(async (side) => await listen(side, forMs, signal)));
    const [found, asked] = await Promise.all([listening, compareRequests(a, b, report)]);
    heard.splice(0, 2, ...(found as [Heard, Heard]));
    requests = asked;
  } catch (error) {
    if (error instanceof TargetError) return conclude("UNREACHABLE", [error.message]);
    if (!signal.aborted) throw error;
  }
  if (signal.aborted) return conclude("INTERRUPTED", ["interrupted; this is what was found so far"]);
  compareEvents(...heard, report);
  return conclude(differences.some(({ kind }) => kind !== "value") ? "DIFFERENT" : "SAME", []);
}

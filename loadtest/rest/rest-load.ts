/**
 * REST requests beside the subscribers, each route at its own rate.
 *
 * A request is sent when it is due, whether or not those before it are answered, and its latency counts from then:
 * a server that stands still for a while shows in the percentiles, and one that is gone gets no more requests than
 * the plan has. The members of a cluster get the requests of a route in turn.
 */
import { setMaxListeners } from "node:events";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { ReasonCounts } from "../core/reason-counts.js";
import type { Plan } from "../../schemas/index.js";
import { maskSecrets } from "../core/mask-secrets.js";
import { LatencyHistogram } from "../core/histogram.js";
import { monotonicMs } from "../core/monotonic.js";
import type { Target } from "../core/target.js";
import type { Targets } from "../core/targets.js";
import { type Outcome, exchange } from "./exchange.js";

export interface AnswerCounts {
  /** Answered. */
  requests: number;
  /** Not answered. */
  errors: number;
  /** Answered with anything but the resource. */
  failed: number;
}

export interface RouteFigures extends AnswerCounts {
  /** Method and path, without secrets. */
  readonly route: string;
  readonly perSecond: number;
  /** Of each answer, from when its request was due. */
  readonly latency: LatencyHistogram;
  /** Why requests failed or were not answered. */
  readonly reasons: ReasonCounts;
}

export interface RestLoad {
  readonly routes: readonly RouteFigures[];
  /** Of each target. */
  readonly addresses: readonly AnswerCounts[];
  /** Answers in each second since the start of the run. */
  readonly perSecond: readonly number[];
  /** Only answers after this count. */
  measure(): void;
  /** Sends nothing more. Resolves once every request has its outcome, or `signal` gives up those without one. */
  finish(signal: AbortSignal): Promise<void>;
}

interface Route {
  readonly name: string;
  readonly perSecond: number;
  readonly path: string;
  readonly method: "GET" | "POST";
  readonly mediaType: string;
  readonly body?: () => string;
}

/** From when a request is due to the end of its answer. */
const answerMsMax = 10_000;
/** Of one route at one target; what is due beyond is not sent and counts as unanswered. */
const inFlightMax = 256;
const json = "application/json";

function routesOf(plan: Plan, room: string | undefined): Route[] {
  const routes: Route[] = (plan.rest ?? []).map(({ path, perSecond, mediaType = json }) => ({
    name: `GET ${maskSecrets(path)}`,
    perSecond,
    path,
    method: "GET",
    mediaType,
  }));
  if (plan.messages === undefined || room === undefined) return routes;
  let posted = 0;
  const path = `/api/discussions/${encodeURIComponent(room)}/messages`;
  const body = (): string =>
    JSON.stringify({ content: `Message ${++posted} of the load test`, authorId: "load-test", authorName: "Load test" });
  return [
    ...routes,
    {
      name: "POST /api/discussions/:id/messages",
      perSecond: plan.messages.perSecond,
      path,
      method: "POST",
      mediaType: json,
      body,
    },
  ];
}

/** Where a route's requests go in turn. */
interface Lane {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: HttpAgent;
  readonly inFlight: Set<Promise<void>>;
  /** Of its target, for all routes. */
  readonly counts: AnswerCounts;
  /** Behind each reason; empty where there is one target. */
  readonly suffix: string;
}

function createLane(route: Route, { base, headers }: Target, counts: AnswerCounts, suffix: string): Lane {
  const url = new URL(base + route.path);
  return {
    url,
    headers: { ...headers, accept: route.mediaType, ...(route.body !== undefined && { "content-type": json }) },
    agent: new (url.protocol === "https:" ? HttpsAgent : HttpAgent)({ keepAlive: true }),
    inFlight: new Set(),
    counts,
    suffix,
  };
}

/** Sends the requests of one route, each when it is due. */
class RouteLoad {
  readonly figures: RouteFigures;
  readonly #route: Route;
  readonly #lanes: readonly Lane[];
  readonly #firstLane: number;
  readonly #abort = new AbortController();
  readonly #onAnswer: () => void;
  readonly #startMs = monotonicMs();
  #due = 0;
  #timer: NodeJS.Timeout | undefined;
  isMeasuring = false;

  constructor(route: Route, lanes: readonly Lane[], firstLane: number, onAnswer: () => void) {
    this.#route = route;
    this.#lanes = lanes;
    this.#firstLane = firstLane;
    this.#onAnswer = onAnswer;
    // Each request in flight listens.
    setMaxListeners(inFlightMax * lanes.length + 1, this.#abort.signal);
    const counts = { latency: new LatencyHistogram(), reasons: new ReasonCounts(), requests: 0, errors: 0, failed: 0 };
    this.figures = { route: route.name, perSecond: route.perSecond, ...counts };
    this.#sendDue();
  }

  #dueMs(request: number): number {
    return this.#startMs + (request * 1000) / this.#route.perSecond;
  }

  #sendDue(): void {
    const nowMs = monotonicMs();
    for (; this.#dueMs(this.#due) <= nowMs; this.#due += 1) {
      const lane = this.#lanes[(this.#firstLane + this.#due) % this.#lanes.length]!;
      this.#start(lane, this.#dueMs(this.#due));
    }
    this.#timer = setTimeout(() => this.#sendDue(), Math.ceil(this.#dueMs(this.#due) - nowMs));
  }

  #start(lane: Lane, dueMs: number): void {
    const isMeasured = this.isMeasuring;
    if (lane.inFlight.size >= inFlightMax) {
      if (isMeasured) this.#count(lane, { kind: "unanswered", why: `not sent behind ${inFlightMax} that wait` }, dueMs);
      return;
    }
    const done = this.#ask(lane, dueMs, isMeasured).finally(() => lane.inFlight.delete(done));
    lane.inFlight.add(done);
  }

  async #ask(lane: Lane, dueMs: number, isMeasured: boolean): Promise<void> {
    const { method, mediaType, body } = this.#route;
    const { url, headers, agent } = lane;
    const { signal } = this.#abort;
    const withinMs = Math.max(0, dueMs + answerMsMax - monotonicMs());
    const outcome = await exchange({ url, method, headers, mediaType, agent, signal, body: body?.(), withinMs });
    if (outcome.kind !== "unanswered") this.#onAnswer();
    // What was given up with the run says nothing about the server.
    const isGivenUp = outcome.kind === "unanswered" && signal.aborted;
    if (isMeasured && !isGivenUp) this.#count(lane, outcome, dueMs);
  }

  #count({ counts, suffix }: Lane, outcome: Outcome, dueMs: number): void {
    const { figures } = this;
    if (outcome.kind !== "answered") figures.reasons.add(outcome.why + suffix);
    for (const each of [figures, counts]) {
      if (outcome.kind === "unanswered") each.errors += 1;
      else each.requests += 1;
      if (outcome.kind === "failed") each.failed += 1;
    }
    if (outcome.kind !== "unanswered") figures.latency.record(monotonicMs() - dueMs);
  }

  async finish(signal: AbortSignal): Promise<void> {
    clearTimeout(this.#timer);
    const abort = (): void => this.#abort.abort();
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    await Promise.all(this.#lanes.flatMap(({ inFlight }) => [...inFlight]));
    signal.removeEventListener("abort", abort);
    for (const { agent } of this.#lanes) agent.destroy();
  }
}

/** Messages are posted to `room`. */
export function startRestLoad(plan: Plan, targets: Targets, room: string | undefined, startMs: number): RestLoad {
  const perSecond: number[] = [];
  const onAnswer = (): void => {
    const second = Math.floor((monotonicMs() - startMs) / 1000);
    perSecond[second] = (perSecond[second] ?? 0) + 1;
  };
  const addresses = targets.all.map(() => ({ requests: 0, errors: 0, failed: 0 }));
  const loads = routesOf(plan, room).map((route, index) => {
    const lanes = targets.all.map((target, at) =>
      createLane(route, target, addresses[at]!, targets.areSeveral ? ` at ${target.base}` : ""),
    );
    return new RouteLoad(route, lanes, index, onAnswer);
  });
  return {
    routes: loads.map(({ figures }) => figures),
    addresses,
    perSecond,
    measure() {
      for (const load of loads) load.isMeasuring = true;
    },
    async finish(signal) {
      await Promise.all(loads.map(async (load) => load.finish(signal)));
    },
  };
}

/**
 * REST requests beside the subscribers, each route at its own rate.
 *
 * A request is sent when it is due, whether or not those before it are answered, and its latency counts from then:
 * a server that stands still for a while shows in the percentiles, and one that is gone gets no more requests than
 * the plan has.
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
import { type Outcome, exchange } from "./exchange.js";

export interface RouteFigures {
  /** Method and path, without secrets. */
  readonly route: string;
  readonly perSecond: number;
  /** Of each answer, from when its request was due. */
  readonly latency: LatencyHistogram;
  /** Why requests failed or were not answered. */
  readonly reasons: ReasonCounts;
  /** Answered. */
  requests: number;
  /** Not answered. */
  errors: number;
  /** Answered with anything but the resource. */
  failed: number;
}

export interface RestLoad {
  readonly routes: readonly RouteFigures[];
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
/** Of one route; what is due beyond is not sent and counts as unanswered. */
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

/** Sends the requests of one route, each when it is due. */
class RouteLoad {
  readonly figures: RouteFigures;
  readonly #route: Route;
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent: HttpAgent;
  readonly #abort = new AbortController();
  readonly #onAnswer: () => void;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #startMs = monotonicMs();
  #due = 0;
  #timer: NodeJS.Timeout | undefined;
  isMeasuring = false;

  constructor(route: Route, { base, headers }: Target, onAnswer: () => void) {
    this.#route = route;
    this.#url = new URL(base + route.path);
    this.#headers = {
      ...headers,
      accept: route.mediaType,
      ...(route.body !== undefined && { "content-type": json }),
    };
    this.#agent = new (this.#url.protocol === "https:" ? HttpsAgent : HttpAgent)({ keepAlive: true });
    this.#onAnswer = onAnswer;
    // Each request in flight listens.
    setMaxListeners(inFlightMax + 1, this.#abort.signal);
    const counts = { latency: new LatencyHistogram(), reasons: new ReasonCounts(), requests: 0, errors: 0, failed: 0 };
    this.figures = { route: route.name, perSecond: route.perSecond, ...counts };
    this.#sendDue();
  }

  #dueMs(request: number): number {
    return this.#startMs + (request * 1000) / this.#route.perSecond;
  }

  #sendDue(): void {
    const nowMs = monotonicMs();
    for (; this.#dueMs(this.#due) <= nowMs; this.#due += 1) this.#start(this.#dueMs(this.#due));
    this.#timer = setTimeout(() => this.#sendDue(), Math.ceil(this.#dueMs(this.#due) - nowMs));
  }

  #start(dueMs: number): void {
    const isMeasured = this.isMeasuring;
    if (this.#inFlight.size >= inFlightMax) {
      if (isMeasured) this.#count({ kind: "unanswered", why: `not sent behind ${inFlightMax} that wait` }, dueMs);
      return;
    }
    const done = this.#ask(dueMs, isMeasured).finally(() => this.#inFlight.delete(done));
    this.#inFlight.add(done);
  }

  async #ask(dueMs: number, isMeasured: boolean): Promise<void> {
    const { method, mediaType, body } = this.#route;
    const { signal } = this.#abort;
    const asked = { url: this.#url, method, headers: this.#headers, mediaType, agent: this.#agent, signal };
    const withinMs = Math.max(0, dueMs + answerMsMax - monotonicMs());
    const outcome = await exchange({ ...asked, body: body?.(), withinMs });
    if (outcome.kind !== "unanswered") this.#onAnswer();
    // What was given up with the run says nothing about the server.
    const isGivenUp = outcome.kind === "unanswered" && signal.aborted;
    if (isMeasured && !isGivenUp) this.#count(outcome, dueMs);
  }

  #count(outcome: Outcome, dueMs: number): void {
    const { figures } = this;
    if (outcome.kind !== "answered") figures.reasons.add(outcome.why);
    if (outcome.kind === "unanswered") {
      figures.errors += 1;
      return;
    }
    figures.requests += 1;
    if (outcome.kind === "failed") figures.failed += 1;
    figures.latency.record(monotonicMs() - dueMs);
  }

  async finish(signal: AbortSignal): Promise<void> {
    clearTimeout(this.#timer);
    const abort = (): void => this.#abort.abort();
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    await Promise.all(this.#inFlight);
    signal.removeEventListener("abort", abort);
    this.#agent.destroy();
  }
}

/** Messages are posted to `room`. */
export function startRestLoad(plan: Plan, target: Target, room: string | undefined, startMs: number): RestLoad {
  const perSecond: number[] = [];
  const onAnswer = (): void => {
    const second = Math.floor((monotonicMs() - startMs) / 1000);
    perSecond[second] = (perSecond[second] ?? 0) + 1;
  };
  const loads = routesOf(plan, room).map((route) => new RouteLoad(route, target, onAnswer));
  return {
    routes: loads.map(({ figures }) => figures),
    perSecond,
    measure() {
      for (const load of loads) load.isMeasuring = true;
    },
    async finish(signal) {
      await Promise.all(loads.map(async (load) => load.finish(signal)));
    },
  };
}

/**
 * REST requests beside the subscribers.
 *
 * A request is sent when it is due, whether or not those before it are answered, and its latency counts from then:
 * a server that stands still for a while shows in the percentiles, and one that is gone gets no more requests than
 * the plan has. The members of a cluster get the requests of a route in turn.
 */
import type { Plan, PlanRest } from "../../schemas/index.js";
import { LatencyHistogram } from "../core/histogram.js";
import { monotonicMs } from "../core/monotonic.js";
import { ReasonCounts } from "../core/reason-counts.js";
import type { Targets } from "../core/targets.js";
import type { Outcome } from "./answer.js";
import { HttpClient } from "./http-client.js";
import { type PlannedRequest, RequestSource, messageRoute } from "./request-source.js";

export interface AnswerCounts {
  /** Answered. */
  requests: number;
  /** Not answered. */
  errors: number;
  /** Answered with anything but the resource. */
  failed: number;
}

export interface RouteFigures extends AnswerCounts {
  /** Method and path, without secrets, or its name. */
  readonly route: string;
  readonly perSecond: number;
  /** Of each answer, from when its request was due. */
  readonly latency: LatencyHistogram;
  /** Why requests failed or were not answered. */
  readonly reasons: ReasonCounts;
}

/** What a run's REST requests came to. */
export interface RestFigures {
  readonly routes: readonly RouteFigures[];
  /** Of each target. */
  readonly addresses: readonly AnswerCounts[];
  /** Answers in each second since the start of the run. */
  readonly perSecond: readonly number[];
  /** From when each request was due until it was handed to the HTTP client. */
  readonly sendLate: LatencyHistogram;
  /** Requests that found all connections waiting for answers. */
  readonly waited: number;
}

/** Above this the load test's own process makes latencies longer than they are. */
const sendLateMsMax = 20;
const sentMin = 100;

/** One address with the connections to it, and its share of the answers. */
interface Lane {
  readonly client: HttpClient;
  readonly counts: AnswerCounts;
  /** Behind each reason; empty where there is one target. */
  readonly suffix: string;
}

export interface RestLoadOptions {
  readonly plan: Plan;
  readonly targets: Targets;
  /** Where messages are posted; undefined where the plan has none. */
  readonly room: string | undefined;
  readonly seed: string;
  /** Of the run, on the monotonic clock. */
  readonly startMs: number;
}

/** What a plan's messages are as requests. */
function messagesOf({ messages }: Plan, room: string | undefined): PlanRest | undefined {
  if (messages === undefined || room === undefined) return undefined;
  const body = { content: "Message {number} of the load test", authorId: "load-test", authorName: "Load test" };
  const path = `/api/discussions/${encodeURIComponent(room)}/messages`;
  return {
    perSecond: messages.perSecond,
    routes: [{ name: messageRoute, method: "POST", path, body }],
    data: { number: { serial: "" } },
  };
}

const nothing: AnswerCounts = { requests: 0, errors: 0, failed: 0 };
const connectionsMax = 256;

/** Sends the requests of one source, each when it is due. */
class PacedRequests {
  readonly figures: readonly RouteFigures[];
  readonly #source: RequestSource;
  readonly #lanes: readonly Lane[];
  readonly #load: RestLoad;
  /** By route, the lane of its next request: they begin with different ones. */
  readonly #turns: number[];
  readonly #startMs = monotonicMs();
  #next: PlannedRequest;
  #timer: NodeJS.Timeout | undefined;

  constructor(source: RequestSource, lanes: readonly Lane[], load: RestLoad) {
    this.#source = source;
    this.#lanes = lanes;
    this.#load = load;
    this.#turns = source.routes.map((_, index) => index);
    this.figures = source.routes.map(({ name, perSecond }) => {
      const measured = { latency: new LatencyHistogram(), reasons: new ReasonCounts() };
      return { route: name, perSecond, ...measured, ...nothing };
    });
    this.#next = source.next();
  }

  sendDue(): void {
    for (let nowMs = monotonicMs(); ; nowMs = monotonicMs()) {
      const dueMs = this.#startMs + this.#next.dueMs;
      if (dueMs > nowMs) {
        this.#timer = setTimeout(() => this.sendDue(), Math.ceil(dueMs - nowMs));
        return;
      }
      this.#send(this.#next, dueMs, nowMs);
      this.#next = this.#source.next();
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #send(request: PlannedRequest, dueMs: number, nowMs: number): void {
    const { route } = request;
    const lane = this.#lanes[this.#turns[route]!++ % this.#lanes.length]!;
    const isMeasured = this.#load.isMeasuring;
    if (isMeasured) this.#load.sendLate.record(nowMs - dueMs);
    lane.client.send(request, this.#source.routes[route]!, dueMs, (outcome) => {
      if (outcome.kind !== "unanswered") this.#load.answered();
      // What was given up with the run says nothing about the server.
      const isGivenUp = outcome.kind === "unanswered" && this.#load.isOver;
      if (isMeasured && !isGivenUp) count(this.figures[route]!, lane, outcome, dueMs);
    });
  }
}

function count(figures: RouteFigures, { counts, suffix }: Lane, outcome: Outcome, dueMs: number): void {
  if (outcome.kind !== "answered") figures.reasons.add(outcome.why + suffix);
  for (const each of [figures, counts]) {
    if (outcome.kind === "unanswered") each.errors += 1;
    else each.requests += 1;
    if (outcome.kind === "failed") each.failed += 1;
  }
  if (outcome.kind !== "unanswered") figures.latency.record(monotonicMs() - dueMs);
}

export class RestLoad implements RestFigures {
  /** Only answers to requests that are sent from then on count. */
  isMeasuring = false;
  /** Those without an answer are given up. */
  isOver = false;
  readonly perSecond: number[] = [];
  readonly sendLate = new LatencyHistogram();
  readonly routes: readonly RouteFigures[];
  readonly #lanes: readonly Lane[];
  readonly #paced: readonly PacedRequests[];
  readonly #startMs: number;

  /** Begins to send. */
  constructor({ plan, targets, room, seed, startMs }: RestLoadOptions) {
    this.#startMs = startMs;
    const connections = plan.rest?.connections ?? connectionsMax;
    const sources = [plan.rest?.routes === undefined ? undefined : plan.rest, messagesOf(plan, room)]
      .filter((rest) => rest !== undefined)
      .map((rest) => new RequestSource(rest, seed));
    this.#lanes = targets.all.map(({ base, headers }) => ({
      client: new HttpClient({ base, headers, connections }),
      counts: { ...nothing },
      suffix: targets.areSeveral ? ` at ${base}` : "",
    }));
    this.#paced = sources.map((source) => new PacedRequests(source, this.#lanes, this));
    this.routes = this.#paced.flatMap(({ figures }) => figures);
    for (const paced of this.#paced) paced.sendDue();
  }

  get addresses(): readonly AnswerCounts[] {
    return this.#lanes.map(({ counts }) => counts);
  }

  get waited(): number {
    return this.#lanes.reduce((sum, { client }) => sum + client.waited, 0);
  }

  /** What makes the latencies this process's own. */
  get evidence(): string[] {
    const lateMs = this.sendLate.count < sentMin ? 0 : this.sendLate.percentileMs(99);
    if (lateMs <= sendLateMsMax) return [];
    return [`REST requests were sent ${Math.round(lateMs)} ms late (p99): the load test's own process was busy`];
  }

  answered(): void {
    const second = Math.floor((monotonicMs() - this.#startMs) / 1000);
    this.perSecond[second] = (this.perSecond[second] ?? 0) + 1;
  }

  /** Sends nothing more. Resolves once every request has its outcome, or `signal` gives up those without one. */
  async finish(signal: AbortSignal): Promise<void> {
    for (const paced of this.#paced) paced.stop();
    const giveUp = (): void => void (this.isOver = true);
    if (signal.aborted) giveUp();
    else signal.addEventListener("abort", giveUp, { once: true });
    await Promise.all(this.#lanes.map(({ client }) => client.finish(signal)));
    signal.removeEventListener("abort", giveUp);
  }
}

/**
 * What is requested when: the plan's routes and data as a sequence that follows from the seed alone.
 *
 * Invariant: what the server does moves nothing in it. The requests of two runs of a plan with the same seed are the
 * same ones in the same order, due at the same instants.
 */
import type { PlanData, PlanRest, PlanRoute } from "../../schemas/index.js";
import { type Stream, createStream } from "../../simulator/random/stream.js";
import { maskSecrets } from "../core/mask-secrets.js";
import { type Value, compileBody, compileText } from "./template.js";

/** A request as it is sent. */
export interface PlannedRequest {
  /** Milliseconds after the first instant. */
  readonly dueMs: number;
  /** Index of its route. */
  readonly route: number;
  readonly path: string;
  /** Beside those of the target. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** What a route's answers have to be. */
export interface RouteRules {
  /** Without secrets. */
  readonly name: string;
  readonly method: NonNullable<PlanRoute["method"]>;
  readonly perSecond: number;
  readonly mediaType: string;
  /** Undefined: any 2xx, with a body. */
  readonly statuses: ReadonlySet<number> | undefined;
}

interface CompiledRoute extends RouteRules {
  readonly weight: number;
  readonly path: (draw: Draw) => string;
  readonly headers: readonly (readonly [name: string, value: (draw: Draw) => string])[];
  readonly body: ((draw: Draw) => string) | undefined;
}

type Draw = (name: string) => Value;

const json = "application/json";

/** What a plan's messages are called. */
export const messageRoute = "POST /api/discussions/:id/messages";

/** What a route is called where it has no name. */
export function nameOfRoute({ name, method = "GET", path }: PlanRoute): string {
  return name ?? `${method} ${maskSecrets(path)}`;
}

function createDraw(data: PlanData, stream: Stream): () => Value {
  if (Array.isArray(data)) return () => data[Math.floor(stream.uniform() * data.length)]!;
  if ("serial" in data) {
    let number = 0;
    return () => `${data.serial}${++number}`;
  }
  const { from, to, decimals = 0 } = data;
  const scale = 10 ** decimals;
  const [least, most] = [Math.ceil(from * scale), Math.floor(to * scale)];
  return () => (least + Math.floor(stream.uniform() * (most - least + 1))) / scale;
}

/** Each value is drawn once for a request, however often it occurs. */
function createDraws(data: NonNullable<PlanRest["data"]>, seed: string): () => Draw {
  const draws = new Map(
    Object.entries(data).map(([name, one]) => [name, createDraw(one, createStream(seed, "rest", name, "data"))]),
  );
  return () => {
    const drawn = new Map<string, Value>();
    return (name) => {
      const value = drawn.get(name) ?? draws.get(name)!();
      drawn.set(name, value);
      return value;
    };
  };
}

function compile(route: PlanRoute, perSecond: number, weights: number): CompiledRoute {
  const { method = "GET", path, weight = 1, headers = {}, body, mediaType = json, status } = route;
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === "content-type");
  const given = Object.entries(headers).map(([name, value]) => [name, compileText(value)] as const);
  const contentType = ["content-type", () => json] as const;
  return {
    name: nameOfRoute(route),
    method,
    perSecond: (perSecond * weight) / weights,
    weight: weight / weights,
    mediaType,
    statuses: status === undefined ? undefined : new Set(status),
    path: compileText(path, encodeURIComponent),
    headers: body === undefined || hasType ? given : [...given, contentType],
    body: body === undefined ? undefined : compileBody(body, hasType),
  };
}

export class RequestSource {
  readonly routes: readonly RouteRules[];
  readonly #routes: readonly CompiledRoute[];
  readonly #perSecond: number;
  readonly #isPoisson: boolean;
  readonly #draws: () => Draw;
  readonly #arrivals: Stream;
  readonly #choices: Stream;
  /** How far each route is behind its share, in requests: whose turn it is. */
  readonly #credits: number[];
  #sent = 0;
  #lastMs = 0;

  constructor({ perSecond = 1, routes = [], arrivals, data = {} }: PlanRest, seed: string) {
    const weights = routes.reduce((sum, { weight = 1 }) => sum + weight, 0);
    this.#routes = routes.map((route) => compile(route, perSecond, weights));
    this.routes = this.#routes;
    this.#perSecond = perSecond;
    this.#isPoisson = arrivals === "poisson";
    this.#draws = createDraws(data, seed);
    this.#arrivals = createStream(seed, "rest", "arrivals", "time");
    this.#choices = createStream(seed, "rest", "arrivals", "route");
    this.#credits = routes.map(() => 0);
  }

  /** The next request; they never end. */
  next(): PlannedRequest {
    const index = this.#isPoisson ? this.#drawRoute() : this.#nextRoute();
    const { path, headers, body } = this.#routes[index]!;
    const draw = this.#draws();
    return {
      dueMs: this.#nextDueMs(),
      route: index,
      path: path(draw),
      headers: Object.fromEntries(headers.map(([name, value]) => [name, value(draw)])),
      body: body?.(draw),
    };
  }

  /** Constant arrivals are counted, not added up: an hour of them loses no request to rounding. */
  #nextDueMs(): number {
    const meanMs = 1000 / this.#perSecond;
    if (!this.#isPoisson) return this.#sent++ * meanMs;
    this.#lastMs -= Math.log(this.#arrivals.uniform()) * meanMs;
    return this.#lastMs;
  }

  #drawRoute(): number {
    let left = this.#choices.uniform();
    for (const [index, { weight }] of this.#routes.entries()) {
      left -= weight;
      if (left < 0) return index;
    }
    return this.#routes.length - 1;
  }

  /** Smooth weighted round robin: no route is ever more than a request from its share. */
  #nextRoute(): number {
    let chosen = 0;
    for (const [index, { weight }] of this.#routes.entries()) {
      this.#credits[index]! += weight;
      if (this.#credits[index]! > this.#credits[chosen]!) chosen = index;
    }
    this.#credits[chosen]! -= 1;
    return chosen;
  }
}

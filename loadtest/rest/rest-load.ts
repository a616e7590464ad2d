/**
 * REST requests beside the subscribers, by autocannon, each route at its own rate.
 *
 * Latencies are autocannon's own of each response; its correction for coordinated omission is off,
 * because it mixes seconds and milliseconds. A route is an instance of its own, so that its answers are
 * not confused with another's.
 */
import autocannon from "autocannon";
import type { Plan } from "../../schemas/index.js";
import { LatencyHistogram } from "../measure/histogram.js";
import { monotonicMs } from "../measure/monotonic.js";
import type { Target } from "../target.js";

export interface RouteFigures {
  readonly route: string;
  readonly perSecond: number;
  readonly latency: LatencyHistogram;
  requests: number;
  errors: number;
  failed: number;
}

export interface RestLoad {
  readonly routes: readonly RouteFigures[];
  /** Answers in each second since the start of the run. */
  readonly perSecond: readonly number[];
  /** Only answers after this count. */
  measure(): void;
  stop(): void;
}

interface Route {
  readonly name: string;
  readonly perSecond: number;
  readonly path: string;
  readonly method: "GET" | "POST";
  readonly body?: () => string;
}

/** Seconds that no run reaches: the conductor ends it. */
const endlessSeconds = 1_000_000;
/** A slow answer must not hold up the next request. */
const requestsPerConnection = 10;
const timeoutSeconds = 10;

function routesOf(plan: Plan, room: string | undefined): Route[] {
  const routes: Route[] = (plan.rest ?? []).map(({ path, perSecond }) => ({
    name: `GET ${path}`,
    perSecond,
    path,
    method: "GET",
  }));
  if (plan.messages === undefined || room === undefined) return routes;
  let posted = 0;
  const path = `/api/discussions/${encodeURIComponent(room)}/messages`;
  const body = (): string =>
    JSON.stringify({ content: `Message ${++posted} of the load test`, authorId: "load-test", authorName: "Load test" });
  return [
    ...routes,
    { name: "POST /api/discussions/:id/messages", perSecond: plan.messages.perSecond, path, method: "POST", body },
  ];
}

/** What is known of the answers while the run goes on. */
interface Watch {
  isMeasuring: boolean;
  answered(): void;
}

function fire(route: Route, target: Target, figures: RouteFigures, watch: Watch): autocannon.Instance {
  const { body, method, path, perSecond } = route;
  const headers = { ...target.headers, ...(body !== undefined && { "content-type": "application/json" }) };
  const url = target.base + path;
  const setupRequest = (request: autocannon.Request): autocannon.Request => ({ ...request, body: body?.() });
  const posts = { requests: [{ method, path: new URL(url).pathname, headers, setupRequest }] };
  const options: autocannon.Options = {
    url,
    method,
    headers,
    connections: 1 + Math.ceil(perSecond / requestsPerConnection),
    overallRate: perSecond,
    duration: endlessSeconds,
    timeout: timeoutSeconds,
    ignoreCoordinatedOmission: true,
    ...(body !== undefined && posts),
  };
  // With a callback it returns its instance, without one a promise.
  const instance = autocannon(options, () => {});
  instance.on("response", (_client, status, _bytes, responseMs) => {
    watch.answered();
    if (!watch.isMeasuring) return;
    figures.requests += 1;
    if (status >= 400) figures.failed += 1;
    figures.latency.record(responseMs);
  });
  instance.on("reqError", () => {
    if (watch.isMeasuring) figures.errors += 1;
  });
  return instance;
}

/** Messages are posted to `room`. */
export function startRestLoad(plan: Plan, target: Target, room: string | undefined, startMs: number): RestLoad {
  const perSecond: number[] = [];
  const watch: Watch = {
    isMeasuring: false,
    answered() {
      const second = Math.floor((monotonicMs() - startMs) / 1000);
      perSecond[second] = (perSecond[second] ?? 0) + 1;
    },
  };
  const loads = routesOf(plan, room).map((route) => {
    const counts = { latency: new LatencyHistogram(), requests: 0, errors: 0, failed: 0 };
    const figures: RouteFigures = { route: route.name, perSecond: route.perSecond, ...counts };
    return { figures, instance: fire(route, target, figures, watch) };
  });
  return {
    routes: loads.map(({ figures }) => figures),
    perSecond,
    measure() {
      watch.isMeasuring = true;
    },
    stop() {
      watch.isMeasuring = false;
      for (const { instance } of loads) instance.stop();
    },
  };
}

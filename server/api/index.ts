/**
 * The REST API as one Koa application: an edge, the pages, and a router for each resource.
 */
import { Router } from "@koa/router";
import Koa, { type Middleware } from "koa";
import { addAgentRoutes } from "./agents.js";
import { addCandleRoutes } from "./candles.js";
import { createCommands } from "./commands.js";
import { addDocsRoutes } from "./docs.js";
import { addDiscussionRoutes } from "./discussions.js";
import { createEdge } from "./error-handler.js";
import { addHealthRoutes } from "./health.js";
import { createForward } from "./forward.js";
import { addMessageRoutes } from "./messages.js";
import { addIndexRoutes } from "./market-index.js";
import type { ApiOptions } from "./options.js";
import { addScenarioRoutes } from "./scenarios.js";
import { addSectorRoutes } from "./sectors.js";
import { addSimulationEvents } from "./simulation-events.js";
import { addSimulationRoutes } from "./simulation.js";
import { StoreReads } from "./store-reads.js";
import { createTokenGuard } from "./token-guard.js";

export type { ApiOptions } from "./options.js";

/**
 * The routers, by the first part of a path below /api/, or "" for every other path.
 *
 * Several rather than one because @koa/router tries all the routes it has, one after another.
 */
export function createRouters(options: ApiOptions): ReadonlyMap<string, Router> {
  const routers = new Map<string, Router>();
  function routerOf(group: string): Router {
    const router = new Router({ strict: true, sensitive: true });
    routers.set(group, router);
    return router;
  }
  const commands = createCommands(options.host, options.store);
  const reads = new StoreReads();
  const tokenGuard = createTokenGuard(options.token);

  const sectors = routerOf("sectors");
  addSectorRoutes(sectors, options, commands);
  addCandleRoutes(sectors, options, reads);

  addIndexRoutes(routerOf("index"), options);

  addAgentRoutes(routerOf("agents"), options, commands);

  const discussions = routerOf("discussions");
  addDiscussionRoutes(discussions, options, commands);
  addMessageRoutes(discussions, options, commands, reads);

  const simulation = routerOf("simulation");
  addSimulationEvents(simulation, options);
  addSimulationRoutes(simulation, options, tokenGuard);

  addScenarioRoutes(routerOf("scenarios"), options);

  const server = routerOf("");
  addHealthRoutes(server, options, tokenGuard);
  addDocsRoutes(server, options.version);
  return routers;
}

const apiPrefix = "/api/";

function groupOf(path: string): string {
  if (!path.startsWith(apiPrefix)) return "";
  const end = path.indexOf("/", apiPrefix.length);
  return path.slice(apiPrefix.length, end === -1 ? undefined : end);
}

/**
 * What answers GET at a path without parameters. @koa/router would match the path against all its routes and compose
 * the handler anew for each request, which takes longer than to answer one that is polled.
 */
function readersByPath(routers: Iterable<Router>): ReadonlyMap<string, Middleware> {
  const readers = new Map<string, Middleware>();
  for (const { stack } of routers) {
    for (const { path, methods, paramNames, stack: handlers } of stack) {
      const [handler] = handlers;
      const isReader = typeof path === "string" && paramNames.length === 0 && methods.includes("GET");
      if (isReader && handlers.length === 1) readers.set(path, handler as Middleware);
    }
  }
  return readers;
}

/** Leads a request to its handler, or its router, and past the pages where it cannot be for one. */
function createDispatch(options: ApiOptions): Middleware {
  const { pages } = options;
  const routers = createRouters(options);
  const routes = new Map([...routers].map(([group, router]) => [group, router.routes() as Middleware]));
  const readers = readersByPath([...routers].flatMap(([group, router]) => (group === "" ? [] : [router])));
  return (context, next) => {
    const { path } = context;
    const reader = context.method === "GET" ? readers.get(path) : undefined;
    if (reader !== undefined) return reader(context, next);
    const group = groupOf(path);
    const route = routes.get(group);
    if (route === undefined) return next();
    if (group !== "" || pages === undefined) return route(context, next);
    return pages(context, () => route(context, next) as Promise<unknown>);
  };
}

/**
 * The API over a running simulation and its store.
 *
 * @example
 * const api = createApi({ host, store, version, token, isDraining: () => false, origin: "*", logger });
 * createServer(api.callback()).listen(8000);
 */
export function createApi(options: ApiOptions): Koa {
  const app = new Koa();
  if (options.trace !== undefined) app.use(options.trace);
  app.use(createEdge(options));
  if (options.cluster !== undefined) app.use(createForward(options.cluster, options.requestObserver));
  app.use(createDispatch(options));
  app.on("error", (error: unknown) => {
    // What fails after the head of an answer has left, mostly a client that went away.
    options.logger.debug({ err: error }, "an answer was cut short");
  });
  return app;
}

/**
 * The outermost middleware: who may enter, the headers of every answer, and problems out of errors.
 *
 * It is one function rather than five because each further one costs GET /api/sectors a share of its speed.
 */
import type { Context, Middleware } from "koa";
import { createCors } from "../http/cors.js";
import { parseRequestTarget } from "../http/incoming-request.js";
import { allowHostHint } from "../http/hosts.js";
import type { ApiOptions } from "./options.js";
import { toProblem } from "./problem-mapping.js";
import { ProblemError, toProblemDocument } from "../http/problems.js";
import { createRateLimiter } from "./rate-limit.js";

const drainRetryAfterSeconds = "5";
/** Characters of a target that a problem repeats. */
const shownTargetMax = 100;
const unlimitedPaths: ReadonlySet<string> = new Set(["/livez", "/readyz"]);

const corsMethods = ["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"];
const exposedHeaders = "Allow, ETag, Idempotent-Replayed, Link, Location, Retry-After";

function setSecurityHeaders(context: Context): void {
  const { res } = context;
  res.setHeader("X-Content-Type-Options", "nosniff");
  res.setHeader("X-Frame-Options", "DENY");
  res.setHeader("Referrer-Policy", "no-referrer");
  res.setHeader("Cache-Control", "no-store");
}

/** Methods of the routes that match the path, whatever the method asked for. */
function routedMethods(context: Context): string[] {
  const layers = (context as { matched?: readonly { readonly methods: readonly string[] }[] }).matched ?? [];
  const methods = new Set(layers.flatMap((layer) => layer.methods));
  if (methods.size > 0) methods.add("OPTIONS");
  return [...methods].sort();
}

/** Answers what no route has answered: OPTIONS, a wrong method, an unknown path. */
function answerUnrouted(context: Context): void {
  const methods = routedMethods(context);
  const allow = methods.join(", ");
  if (methods.length === 0)
    throw new ProblemError("unknown-path", `There is nothing at ${context.path}. /docs lists the paths there are.`);
  if (context.method !== "OPTIONS") {
    throw new ProblemError("method-not-allowed", `${context.path} does not take ${context.method}, but ${allow}.`, {
      headers: { Allow: allow },
    });
  }
  context.set("Allow", allow);
  context.status = 204;
}

function writeProblem(context: Context, error: ProblemError): void {
  context.status = error.status;
  context.set(error.headers);
  context.body = JSON.stringify(toProblemDocument(error, context.path));
  context.type = "application/problem+json";
}

export function createEdge(options: ApiOptions): Middleware {
  const { allowedHost, cluster, isDraining, logger } = options;
  const setCors = createCors({ origin: options.origin, methods: corsMethods, exposedHeaders });
  const limitRate = createRateLimiter(options.rateLimit, options.clientAddress);

  function requireHost(host: string | undefined, context: Context): void {
    if (allowedHost?.(host, context.req.socket) !== false) return;
    throw new ProblemError(
      "misdirected-request",
      `This server does not answer to the host ${JSON.stringify(host ?? "")}. ${allowHostHint}`,
    );
  }

  /** Leaves the request with a target that everything behind can read. */
  function normaliseTarget(context: Context): void {
    const { url } = context;
    if (url.startsWith("/")) return;
    const target = parseRequestTarget(url);
    context.url = target?.path ?? "/";
    if (target === undefined) {
      throw new ProblemError(
        "malformed-target",
        `The request target ${JSON.stringify(url.slice(0, shownTargetMax))} is neither a path nor an http address.`,
      );
    }
    if (target.authority !== undefined) requireHost(target.authority, context);
  }

  function admit(context: Context, isPreflight: boolean): Promise<void> | null {
    normaliseTarget(context);
    requireHost(context.req.headers.host, context);
    const { path } = context;
    // To refuse a preflight would hide the reason from the page: what it announces is refused.
    if (isDraining() && !isPreflight && path.startsWith("/api/")) {
      throw new ProblemError("draining", "The server is stopping and takes no more requests.", {
        headers: { "Retry-After": drainRetryAfterSeconds, Connection: "close" },
      });
    }
    // A supervisor that is refused would restart a server that is well, and a member has counted its client's already.
    const isUnlimited = unlimitedPaths.has(path) || cluster?.link.hasSent(context.req.headers) === true;
    return isUnlimited ? null : limitRate(context.req, context.res);
  }

  return async function edge(context, next) {
    setSecurityHeaders(context);
    const isPreflight = setCors(context.req, context.res);
    try {
      // Awaited only where there is something to wait for: most requests come from this machine.
      const admission = admit(context, isPreflight);
      if (admission !== null) await admission;
      if (isPreflight) {
        context.status = 204;
        return;
      }
      await next();
      if (context.status === 404 && (context.body === undefined || context.body === null)) answerUnrouted(context);
    } catch (error) {
      const problem = toProblem(error);
      const fields = { method: context.method, path: context.path, status: problem.status };
      if (problem.problem === "internal-error") logger.error({ ...fields, err: problem.cause }, "a request failed");
      else logger.debug({ ...fields, problem: problem.problem }, "a request was refused");
      writeProblem(context, problem);
    }
  };
}

/**
 * What a member of a cluster does with a request before its own routes see it.
 *
 * Whatever changes something, and whatever is read from the store, is answered by the leader; everything else by this
 * member, once it has played all that any member has played. So a client sees one server, whichever it asks.
 */
import { Agent, type IncomingMessage, request as sendRequest } from "node:http";
import type { Context, Middleware } from "koa";
import type { MemberStatus, RequestObserver } from "../cluster/membership.js";
import { monotonicMs } from "../core/timers.js";
import { ProblemError } from "../http/problems.js";

/** What of a cluster the API needs. */
export interface ClusterPeer {
  readonly isLeading: boolean;
  /** Of the leader; undefined while nobody is known to lead. */
  readonly leaderUrl: string | undefined;
  /** Resolves when this member has played everything that any member has played until now. */
  barrier(): Promise<void>;
  /** Why this member is not ready, or null. */
  fault(): string | null;
  status(): MemberStatus;
}

/** Set on a request that another member has sent on: it is answered here, or nowhere. */
const forwardedHeader = "x-max-forwarded";
/** Of a connection, not of what is sent over it. */
const connectionHeaders = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection"]);
const fromStore = /^\/api\/(?:discussions\/[^/]+\/messages|sectors\/[^/]+\/candles|simulation\/commands)(?:\/|$)/;
const forwardMsMax = 15_000;

function noLeader(): ProblemError {
  return new ProblemError("store-unavailable", "No member of the cluster leads at this moment; try again.", {
    headers: { "Retry-After": "1" },
  });
}

function isRead(context: Context): boolean {
  return context.method === "GET" || context.method === "HEAD" || context.method === "OPTIONS";
}

export function createForward(peer: ClusterPeer, observer?: RequestObserver): Middleware {
  const agent = new Agent({ keepAlive: true });

  function send(context: Context, leaderUrl: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { host: _host, ...headers } = context.req.headers;
      const sent = sendRequest(new URL(context.url, leaderUrl), {
        method: context.method,
        headers: { ...headers, [forwardedHeader]: "1" },
        agent,
        timeout: forwardMsMax,
      });
      sent.on("response", (answer) => {
        // Node no longer sends the rest of a body that the leader has answered before its end.
        answer.on("end", () => {
          if (!sent.writableFinished) sent.destroy();
        });
        resolve(answer);
      });
      sent.on("error", reject);
      sent.on("timeout", () => sent.destroy(new Error("The leader does not answer.")));
      // What the leader leaves unread is in the way of the connection's next request; what the client does not send is
      // not waited for.
      sent.on("close", () => context.req.unpipe(sent).resume());
      context.req.on("close", () => {
        if (!context.req.complete) sent.destroy();
      });
      context.req.pipe(sent);
    });
  }

  async function forward(context: Context): Promise<void> {
    const { leaderUrl } = peer;
    if (leaderUrl === undefined || context.get(forwardedHeader) !== "") throw noLeader();
    const answer = await send(context, leaderUrl).catch(() => {
      observer?.observeForward("failed");
      throw noLeader();
    });
    observer?.observeForward("answered");
    context.status = answer.statusCode ?? 502;
    for (const [name, value] of Object.entries(answer.headers))
      if (value !== undefined && !connectionHeaders.has(name)) context.set(name, value);
    context.body = answer;
  }

  async function waitForBarrier(): Promise<void> {
    const sinceMs = monotonicMs();
    try {
      await peer.barrier();
    } finally {
      observer?.observeBarrier(monotonicMs() - sinceMs);
    }
  }

  return async (context, next) => {
    const isApi = context.path.startsWith("/api/");
    if (!isApi) return next();
    const mustLead = !isRead(context) || fromStore.test(context.path);
    if (mustLead && !peer.isLeading) {
      await forward(context);
      // Whoever has written something reads it here afterwards.
      if (!isRead(context)) await waitForBarrier().catch(() => {});
      return undefined;
    }
    await waitForBarrier().catch(() => {
      throw noLeader();
    });
    return next();
  };
}

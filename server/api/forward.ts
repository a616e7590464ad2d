/**
 * What a member of a cluster does with a request before its own routes see it.
 *
 * Whatever changes something, and whatever is read from the store, is answered by the leader; everything else by this
 * member, once it has played all that any member has played, or by the leader where it cannot tell. So a client sees one
 * server, whichever it asks.
 */
import type { Context, Middleware } from "koa";
import { type LeaderLink, forwardedHeader } from "../cluster/leader-link.js";
import type { MemberStatus, RequestObserver } from "../cluster/member-status.js";
import type { Roster } from "../cluster/roster.js";
import type { SameStream } from "../cluster/same-stream.js";
import { monotonicMs } from "../core/timers.js";
import { ProblemError } from "../http/problems.js";

/** What of a cluster the API needs. */
export interface ClusterPeer {
  readonly isLeading: boolean;
  /** Of the leader; undefined while nobody is known to lead. */
  readonly leaderUrl: string | undefined;
  readonly link: LeaderLink;
  /** Resolves when this member has played everything that any member has played until now. */
  barrier(): Promise<void>;
  /** Resolves when this member knows the cluster's clock. */
  clockIsKnown(): Promise<void>;
  /** Why this member is not ready, or null. */
  fault(): string | null;
  status(): MemberStatus;
  readonly streams: Pick<SameStream, "find">;
  readonly roster: Pick<Roster, "hear" | "leadsForMs" | "members">;
}

/** Of a connection, not of what is sent over it. */
const connectionHeaders = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection"]);
const fromStore = /^\/api\/(?:discussions\/[^/]+\/messages|sectors\/[^/]+\/candles|simulation\/commands)(?:\/|$)/;
/** Answers that have instants of the cluster's clock. */
const withClock = /^\/api\/simulation(?:\/|$)/;
const forwardMsMax = 15_000;

function noLeader(): ProblemError {
  return new ProblemError("store-unavailable", "No member of the cluster leads at this moment; try again.", {
    headers: { "Retry-After": "1" },
  });
}

function isRead(context: Context): boolean {
  return context.method === "GET" || context.method === "HEAD" || context.method === "OPTIONS";
}

function isForwarded(context: Context): boolean {
  return context.get(forwardedHeader) !== "";
}

export function createForward(peer: ClusterPeer, observer?: RequestObserver): Middleware {
  async function forward(context: Context): Promise<void> {
    const { leaderUrl } = peer;
    if (leaderUrl === undefined || isForwarded(context)) throw noLeader();
    const { host: _host, ...headers } = context.req.headers;
    const { method, req: body } = context;
    const url = new URL(context.url, leaderUrl);
    const answer = await peer.link.send(url, { method, headers, body, silentMsMax: forwardMsMax }).catch(() => {
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
    const mustLead = isForwarded(context) || !isRead(context) || fromStore.test(context.path);
    if (mustLead && !peer.isLeading) {
      await forward(context);
      // Whoever has written something reads it here afterwards.
      if (!isRead(context)) await waitForBarrier().catch(() => {});
      return undefined;
    }
    const isCurrent = await waitForBarrier().then(
      () => true,
      () => false,
    );
    if (!isCurrent) {
      if (peer.isLeading) throw noLeader();
      // Who cannot tell what the others have played, as where Redis is away, has the leader answer.
      return await forward(context);
    }
    if (isForwarded(context) && !peer.isLeading) throw noLeader();
    if (withClock.test(context.path))
      await peer.clockIsKnown().catch(() => {
        throw noLeader();
      });
    return next();
  };
}

/** /health for people, /livez and /readyz for supervisors, /metrics for Prometheus. */
import type { Router } from "@koa/router";
import type { Context, Middleware } from "koa";
import type { Health, HealthMember } from "../../schemas/index.js";
import { memberHeader } from "../cluster/roster.js";
import { streamHeader } from "../cluster/same-stream.js";
import type { ClusterPeer } from "./forward.js";
import type { ApiOptions } from "./options.js";
import { ProblemError } from "../http/problems.js";
import { monotonicMs } from "../core/timers.js";

function describeMember(cluster: ClusterPeer): HealthMember {
  const { leadsForMs } = cluster.roster;
  return { ...cluster.status(), leadsForMs, members: cluster.roster.members() };
}

/** Another member tells of itself, and asks whether it reads the stream of this one. */
async function hearMember(context: Context, cluster: ClusterPeer): Promise<void> {
  cluster.roster.hear(context.get(memberHeader));
  const name = context.get(streamHeader);
  const answer = name === "" || !cluster.isLeading ? undefined : await cluster.streams.find(name);
  if (answer !== undefined) context.set(streamHeader, answer);
}

export function addHealthRoutes(router: Router, options: ApiOptions, tokenGuard: Middleware): void {
  const { host, store, version, isDraining, broadcasts, metrics, cluster } = options;
  const startedMs = monotonicMs();

  router.get("/health", async (context) => {
    if (cluster?.link.hasSent(context.req.headers) === true) await hearMember(context, cluster);
    const { seed, scenario, tick, speed, state } = host.status();
    const health: Health = {
      status: isDraining() ? "draining" : "ok",
      uptimeSeconds: Math.round(monotonicMs() - startedMs) / 1000,
      version,
      simulation: { seed, scenario, tick, speed, state },
      ...(broadcasts && { broadcasts: broadcasts() }),
      ...(cluster && { member: describeMember(cluster) }),
    };
    context.body = health;
  });

  router.get("/livez", (context) => {
    context.body = { status: "ok" };
  });

  router.get("/readyz", (context) => {
    if (isDraining())
      throw new ProblemError("draining", "The server is stopping.", { headers: { "Retry-After": "5" } });
    const outage = store.outage();
    if (outage !== null) throw new ProblemError("store-unavailable", outage, { headers: { "Retry-After": "2" } });
    const fault = cluster?.fault() ?? null;
    if (fault !== null) throw new ProblemError("store-unavailable", fault, { headers: { "Retry-After": "2" } });
    context.body = { status: "ok" };
  });

  if (metrics !== undefined) {
    router.get("/metrics", tokenGuard, async (context) => {
      context.body = await metrics();
      context.type = "text/plain; version=0.0.4; charset=utf-8";
    });
  }
}

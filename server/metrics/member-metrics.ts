/**
 * A server as a member of a cluster, for Prometheus: what it leads, hears and sends on. A server that is alone has none
 * of these.
 */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { MemberCounters, MemberStatus, OutcomeCounts, RequestObserver } from "../cluster/member-status.js";

/** What is read of a member. */
export interface MemberSource {
  status(): MemberStatus;
  readonly counters: MemberCounters;
}

/** Each outcome shows from the start: else the first gap of a member would be no increase. */
const noEntries: Required<OutcomeCounts> = {
  applied: 0,
  noted: 0,
  void: 0,
  repeated: 0,
  elected: 0,
  deposed: 0,
  resigned: 0,
  gap: 0,
  diverged: 0,
};
const waitBuckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2];

const gauges: readonly { name: string; help: string; read: (status: MemberStatus) => number }[] = [
  {
    name: "max_member_leads",
    help: "1 where this member leads the cluster, else 0.",
    read: ({ role }) => Number(role === "leader"),
  },
  { name: "max_member_epoch", help: "The epoch of the cluster: counts its leaders.", read: ({ epoch }) => epoch },
  {
    name: "max_member_silent_seconds",
    help: "For how long nothing was heard of the cluster's log.",
    read: ({ silentMs }) => silentMs / 1000,
  },
];

const totals: readonly { name: string; help: string; read: (counters: MemberCounters) => number }[] = [
  {
    name: "max_member_takeovers_total",
    help: "How often this member came to lead.",
    read: ({ takeovers }) => takeovers,
  },
  {
    name: "max_member_isolations_total",
    help: "How often this member closed its subscribers, because it heard nothing of the log.",
    read: ({ isolations }) => isolations,
  },
  {
    name: "max_member_reloads_total",
    help: "How often this member found that its world was not the cluster's, and loaded it anew.",
    read: ({ reloads }) => reloads,
  },
  {
    name: "max_member_fallback_decisions_total",
    help: "How often this member decided by Postgres, as the leader, because Redis was away or late.",
    read: ({ fallbackDecisions }) => fallbackDecisions,
  },
  {
    name: "max_member_broadcasts_dropped_total",
    help: "Broadcasts of this member's application code that were dropped while Redis was away.",
    read: ({ droppedBroadcasts }) => droppedBroadcasts,
  },
  {
    name: "max_member_appended_bytes_total",
    help: "Bytes of the entries that this member appended to the log.",
    read: ({ appendedBytes }) => appendedBytes,
  },
];

/** Registers the metrics of a member. */
export function registerMemberMetrics(registry: Registry, member: MemberSource): RequestObserver {
  const registers = [registry];
  for (const { name, help, read } of gauges) {
    const gauge: Gauge = new Gauge({ name, help, registers, collect: () => gauge.set(read(member.status())) });
  }
  for (const { name, help, read } of totals) {
    const total: Counter = new Counter({
      name,
      help,
      registers,
      collect() {
        total.reset();
        total.inc(read(member.counters));
      },
    });
  }
  const entries: Counter = new Counter({
    name: "max_member_entries_total",
    help: "Entries of the log, by what became of them.",
    labelNames: ["outcome"],
    registers,
    collect() {
      entries.reset();
      for (const [outcome, count] of Object.entries({ ...noEntries, ...member.status().entries }))
        entries.inc({ outcome }, count);
    },
  });
  const forwarded = new Counter({
    name: "max_member_forwarded_total",
    help: "Requests sent on to the leader, by whether it answered.",
    labelNames: ["outcome"],
    registers,
  });
  for (const outcome of ["answered", "failed"]) forwarded.inc({ outcome }, 0);
  const barrier = new Histogram({
    name: "max_member_barrier_seconds",
    help: "How long requests waited until this member had played what the log held.",
    buckets: waitBuckets,
    registers,
  });
  return {
    observeForward: (outcome) => forwarded.inc({ outcome }),
    observeBarrier: (waitMs) => barrier.observe(waitMs / 1000),
  };
}

import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { registerMemberMetrics } from "./member-metrics.js";

const follower = { id: "a", role: "follower", epoch: 3, silentMs: 250, entries: { applied: 70, void: 2 } } as const;

test("a scrape has what a member leads, hears and sends on, twice the same", async () => {
  const registry = new Registry();
  const counters = {
    takeovers: 2,
    isolations: 1,
    reloads: 3,
    fallbackDecisions: 4,
    droppedBroadcasts: 5,
    appendedBytes: 1234,
  };
  const observer = registerMemberMetrics(registry, { status: () => follower, counters });
  observer.observeForward("answered");
  observer.observeBarrier(3);
  await registry.metrics();
  const lines = (await registry.metrics()).split("\n");
  for (const line of [
    "max_member_leads 0",
    "max_member_epoch 3",
    "max_member_silent_seconds 0.25",
    "max_member_takeovers_total 2",
    "max_member_isolations_total 1",
    "max_member_reloads_total 3",
    "max_member_fallback_decisions_total 4",
    "max_member_broadcasts_dropped_total 5",
    "max_member_appended_bytes_total 1234",
    'max_member_entries_total{outcome="applied"} 70',
    'max_member_entries_total{outcome="void"} 2',
    'max_member_entries_total{outcome="diverged"} 0',
    'max_member_forwarded_total{outcome="answered"} 1',
    'max_member_forwarded_total{outcome="failed"} 0',
    'max_member_barrier_seconds_bucket{le="0.002"} 0',
    'max_member_barrier_seconds_bucket{le="0.005"} 1',
  ])
    expect(lines).toContain(line);
});

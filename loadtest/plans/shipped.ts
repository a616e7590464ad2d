/** The plans that come with the load test, by name. A test holds them against the schema. */
import type { Plan } from "../../schemas/index.js";

const correct = [
  "deliveries.lost==0",
  "deliveries.duplicated==0",
  "deliveries.reordered==0",
  "conformance.violations==0",
];

const answered = ["http.errors==0", "http.failed==0"];

const plans: readonly Plan[] = [
  {
    name: "default",
    description: "An honest short run: 200 subscribers, some REST beside them, every delivery checked.",
    clients: 200,
    warmupMs: 2000,
    stages: [
      { kind: "ramp", durationMs: 1000 },
      { kind: "hold", durationMs: 15_000 },
    ],
    control: { websocket: 4, polling: 2 },
    rest: {
      perSecond: 40,
      routes: [{ path: "/api/sectors", weight: 2 }, { path: "/api/agents" }, { path: "/health" }],
    },
    thresholds: [...correct, ...answered, "latencyMs.p99<100", "httpMs.p90<100"],
  },
  {
    name: "smoke",
    description: "A few seconds with 20 subscribers: does it work at all?",
    clients: 20,
    warmupMs: 500,
    stages: [
      { kind: "ramp", durationMs: 200 },
      { kind: "hold", durationMs: 5000 },
    ],
    control: { websocket: 1, polling: 1 },
    rest: { perSecond: 10, routes: [{ path: "/health" }] },
    thresholds: [...correct, ...answered, "latencyMs.p90<100"],
  },
  {
    name: "ten-thousand",
    description:
      "10,000 subscribers, 12 events a tick, 5 ticks a second: 600,000 deliveries a second, REST beside them.",
    clients: 10_000,
    warmupMs: 4000,
    stages: [
      { kind: "ramp", durationMs: 10_000 },
      { kind: "hold", durationMs: 30_000 },
    ],
    control: { websocket: 10, polling: 0 },
    rest: { perSecond: 20, routes: [{ path: "/api/sectors" }, { path: "/health" }] },
    server: { scenario: "fan-out" },
    thresholds: [...correct, ...answered, "latencyMs.p99<150"],
  },
  {
    name: "storm",
    description: "Subscribers that all leave at once and come back, again and again.",
    clients: 1000,
    warmupMs: 2000,
    stages: [
      { kind: "ramp", durationMs: 3000 },
      { kind: "hold", durationMs: 5000 },
      { kind: "storm", durationMs: 8000, share: 0.5 },
      { kind: "storm", durationMs: 8000, share: 1 },
      { kind: "hold", durationMs: 5000 },
    ],
    thresholds: [...correct, "latencyMs.p99<500", "clients.dropped==0"],
  },
  {
    name: "drops",
    description: "Subscribers that lose the network for two seconds, all at once, and come back: what did they miss?",
    clients: 200,
    warmupMs: 1000,
    stages: [
      { kind: "ramp", durationMs: 1000 },
      { name: "reset", kind: "drop", durationMs: 10_000, everyMs: 5000, offlineMs: 2000, how: "reset" },
      { name: "goodbye", kind: "drop", durationMs: 10_000, everyMs: 5000, offlineMs: 2000, how: "goodbye" },
      { kind: "hold", durationMs: 3000 },
    ],
    // They stay: on a server whose stream nobody can regenerate they tell what the others missed.
    control: { websocket: 4, polling: 0 },
    thresholds: [...correct, "absences.backMs.p90<5000"],
  },
  {
    name: "soak",
    description: "An hour with 1,000 subscribers and a steady churn: does anything grow?",
    clients: 1000,
    warmupMs: 10_000,
    stages: [
      { kind: "ramp", durationMs: 10_000 },
      { kind: "churn", durationMs: 3_600_000, perSecond: 5 },
    ],
    control: { websocket: 10, polling: 5 },
    rest: { perSecond: 15, routes: [{ path: "/api/sectors", weight: 2 }, { path: "/api/discussions" }] },
    messages: { perSecond: 1 },
    thresholds: [...correct, ...answered, "latencyMs.p99<100"],
  },
  {
    name: "mixed",
    description: "Everything at once: REST, posted messages, slow readers, churn and a spike.",
    clients: 500,
    warmupMs: 2000,
    stages: [
      { kind: "ramp", durationMs: 3000 },
      { kind: "hold", durationMs: 10_000 },
      { kind: "churn", durationMs: 10_000, perSecond: 20 },
      { kind: "spike", durationMs: 5000, share: 1.5 },
      { kind: "hold", durationMs: 5000 },
    ],
    control: { websocket: 5, polling: 3 },
    slowReaders: { share: 0.02, pauseMs: 1500, everyMs: 4000 },
    rest: {
      perSecond: 40,
      routes: [{ path: "/api/sectors", weight: 2 }, { path: "/api/agents" }, { path: "/api/discussions" }],
    },
    messages: { perSecond: 5 },
    thresholds: [...correct, ...answered, "latencyMs.p99<250", "httpMs.p90<100"],
  },
];

export const shippedPlans: ReadonlyMap<string, Plan> = new Map(plans.map((plan) => [plan.name, plan]));

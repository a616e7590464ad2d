/** What jumps and the scenario events of a scenario do to statuses and talk. */
import { expect, test } from "vitest";
import { agents, messagesOf, minutes, openAgents, run, signalAt, statusesOf, withJump } from "./agents.fixture.js";
import type { ScenarioEventSignal, MarketSignal } from "../core/signals.js";

const at = 40;

function scenarioEvent(what: ScenarioEventSignal): (signal: MarketSignal) => MarketSignal {
  return (signal) => (signal.tick === at ? { ...signal, scenarioEvents: [what] } : signal);
}

const usual = messagesOf(run(openAgents(), 0, minutes(5))).length;

test("agents in an outage go to error at once, stay there and say nothing until it ends", () => {
  const model = openAgents();
  const durationMs = 300_000;
  const outage = scenarioEvent({ kind: "agentOutage", agentIds: ["agent-001", "agent-004"], durationMs });
  const failing = new Set(["agent-001", "agent-004"]);
  run(model, 0, at - 1);
  const during = run(model, at - 1, at - 1 + minutes(5), outage);
  const changes = statusesOf(during).filter(({ agentId }) => failing.has(agentId));
  expect(changes).toEqual([
    { agentId: "agent-001", sectorId: "tech-001", status: "error" },
    { agentId: "agent-004", status: "error" },
  ]);
  expect(messagesOf(during).filter(({ authorId }) => failing.has(authorId))).toEqual([]);
  const after = statusesOf(model.step(signalAt(at + minutes(5)))).filter(({ agentId }) => failing.has(agentId));
  expect(after.map(({ status }) => status)).not.toContain("error");
  expect(after.length).toBe(2);
});

test("an outage without a list is that of a sector's agents, or of all; then nobody speaks", () => {
  const statuses = (what: ScenarioEventSignal) => {
    const model = openAgents();
    run(model, 0, at, scenarioEvent(what));
    return model.agents().filter(({ status }) => status === "error").length;
  };
  expect(statuses({ kind: "agentOutage", sectorId: "tech-001" })).toBe(1);
  expect(statuses({ kind: "agentOutage" })).toBe(agents.length);
  const model = openAgents();
  run(model, 0, at, scenarioEvent({ kind: "agentOutage", durationMs: 600_000 }));
  expect(run(model, at, at + minutes(9)).events).toEqual([]);
  expect(messagesOf(run(model, at + minutes(9), at + minutes(15))).length).toBeGreaterThan(0);
});

test("a rumour is told in its words, in the rooms that follow its sector", () => {
  const text = "a pipeline is shut";
  const said = run(openAgents(), 0, minutes(15), scenarioEvent({ kind: "rumour", sectorId: "util-001", text }));
  const rooms = new Set(messagesOf(said).flatMap((m) => (m.content.includes(text) ? [m.discussionId] : [])));
  expect(rooms).toEqual(new Set(["disc-001", "disc-003"]));
  const causes = said.causes.filter(({ kind }) => kind === "rumour");
  expect(causes.length).toBeGreaterThan(4);
  for (const cause of causes) expect(cause).toMatchObject({ subject: "util-001", detail: text });
});

test("a burst of chatter multiplies the talk of the rooms it names, and of no other", () => {
  const burst = scenarioEvent({ kind: "chatterBurst", intensity: 8, durationMs: 300_000, discussionIds: ["disc-002"] });
  const countOf = (said: ReturnType<typeof run>, room: string) =>
    messagesOf(said).filter(({ discussionId }) => discussionId === room).length;
  const plain = run(openAgents(), 0, minutes(5));
  const lively = run(openAgents(), 0, minutes(5), burst);
  expect(countOf(lively, "disc-002")).toBeGreaterThan(3 * Math.max(5, countOf(plain, "disc-002")));
  expect(countOf(lively, "disc-001")).toBe(countOf(plain, "disc-001"));
});

test.each(["flashCrash", "halt", "resume", "regime", "sectorShock"] as const)("a %s is talked about", (kind) => {
  const what = {
    kind,
    ...(kind === "regime" && { regime: "stress" }),
    ...(kind === "sectorShock" && { sectorId: "tech-001" }),
  };
  const said = run(openAgents(), 0, minutes(5), scenarioEvent(what));
  expect(said.causes.filter((cause) => cause.kind === kind).length).toBeGreaterThan(0);
  expect(messagesOf(said).length).toBeGreaterThan(usual);
});

test("a jump is reported with its size in the rooms that follow the sector", () => {
  const jump = (signal: MarketSignal) => (signal.tick === at ? withJump(signal, "util-001", -1.234) : signal);
  const model = openAgents({ activity: { messagesPerMove: 6 } });
  const said = run(model, 0, minutes(5), jump);
  const jumps = said.causes.filter(({ kind }) => kind === "jump");
  expect(jumps.length).toBeGreaterThan(3);
  for (const cause of jumps) expect(cause).toMatchObject({ subject: "util-001", detail: "-1.23%" });
  const rooms = new Set(jumps.map(({ messageId }) => messageId.slice(-3)));
  expect(rooms.has("002")).toBe(false);
  const first = messagesOf(said).find(({ id }) => id === jumps[0].messageId);
  expect(first?.content).toContain("1.23%");
});

test("one shock for the whole market is one thing to talk about, not one for each sector", () => {
  const shock = (signal: MarketSignal): MarketSignal => {
    if (signal.tick !== at) return signal;
    return { ...signal, sectors: signal.sectors.map((sector, i) => ({ ...sector, jumpPercent: -0.2 - i / 10 })) };
  };
  const { causes } = run(openAgents({ activity: { messagesPerMove: 4 } }), 0, minutes(5), shock);
  const subjects = causes.filter(({ kind, messageId }) => kind === "jump" && messageId.endsWith("-001"));
  expect(new Set(subjects.map(({ subject }) => subject))).toEqual(new Set(["health-001"]));
});

test("idle agents of a sector wake when something happens there, others do not", () => {
  const model = openAgents({ activity: { statusChangesPerMinute: 0.01 } });
  for (const id of ["agent-001", "agent-005"]) {
    model.apply({ type: "patchAgent", id, patch: { status: "idle" } }, signalAt(0).nowMs);
  }
  const jump = (signal: MarketSignal) => (signal.tick === at ? withJump(signal, "tech-001", 1) : signal);
  const changed = statusesOf(run(model, 0, at + 40, jump)).map(({ agentId }) => agentId);
  expect(changed).toEqual(["agent-001"]);
});

test("a nervous market makes statuses change faster", () => {
  const count = (stress: number) =>
    statusesOf(run(openAgents(), 0, minutes(60), (signal) => ({ ...signal, stress }))).length;
  const [calm, normal, wild] = [0.25, 1, 4].map(count);
  expect(calm / normal).toBeCloseTo(0.5, 0);
  expect(wild / normal).toBeGreaterThan(1.6);
});

test("nobody speaks of a halt any more once trading has resumed", () => {
  const resumed = at + 40;
  const halt = scenarioEvent({ kind: "halt" });
  const resume = (signal: MarketSignal): MarketSignal =>
    signal.tick === resumed ? { ...signal, scenarioEvents: [{ kind: "resume" }] } : signal;
  const model = openAgents({ activity: { messagesPerMove: 12, answersPerMessage: 0 } });
  const before = run(model, 0, resumed - 1, halt).causes;
  const after = run(model, resumed - 1, minutes(5), resume).causes;
  expect(before.filter(({ kind }) => kind === "halt").length).toBeGreaterThan(3);
  expect(after.filter(({ kind }) => kind === "resume").length).toBeGreaterThan(3);
  expect(after.filter(({ kind }) => kind === "halt")).toEqual([]);
});

test("a jump too small to show is not worth a word", () => {
  const jump = (signal: MarketSignal) => (signal.tick === at ? withJump(signal, "util-001", 0.03) : signal);
  const model = openAgents({ activity: { messagesPerMove: 12 } });
  expect(run(model, 0, minutes(2), jump).causes.filter(({ kind }) => kind === "jump")).toEqual([]);
});

test("alerts, questions and analyses are marked as such", () => {
  const jump = (signal: MarketSignal) => (signal.tick === at ? withJump(signal, "util-001", 2) : signal);
  const said = run(openAgents({ activity: { messagesPerMove: 6, messagesPerMinute: 20 } }), 0, minutes(5), jump);
  const messages = messagesOf(said);
  const first = said.causes.find(({ kind }) => kind === "jump");
  expect(messages.find(({ id }) => id === first?.messageId)?.type).toBe("alert");
  const asked = messages.filter(({ type }) => type === "question");
  expect(asked.length).toBeGreaterThan(3);
  for (const { content } of asked) expect(content).toContain("?");
  expect(new Set(messages.map(({ type }) => type))).toEqual(new Set(["text", "alert", "question", "analysis"]));
});

/** What commands do to agents and rooms. */
import { expect, test } from "vitest";
import { RefusedCommandError } from "../core/errors.js";
import { agents, discussions, messagesOf, minutes, openAgents, run, signalAt, statusesOf } from "./agents.fixture.js";
import { posted } from "../world/world.fixture.js";

const atTick = 8;
const { nowMs } = signalAt(atTick);
const still = { activity: { statusChangesPerMinute: 0, messagesPerMinute: 0 } };

test("a created agent is announced, listed and counted from now", () => {
  const model = openAgents();
  const agent = { id: "agent-009", name: "Nine", role: "Trader", sectorId: "tech-001", status: "idle" };
  const { events } = model.apply({ type: "createAgent", agent }, nowMs);
  const payload = { agentId: "agent-009", sectorId: "tech-001", status: "idle" };
  expect(events).toEqual([{ entity: "agent-009", event: "agent:status_update", payload }]);
  expect(model.agent("agent-009")).toEqual({ ...agent, statusSinceMs: nowMs, revision: 1 });
  expect(model.agents().map(({ id }) => id)).toEqual([...agents.map(({ id }) => id), "agent-009"]);
  expect(statusesOf(run(model, atTick, minutes(10))).some(({ agentId }) => agentId === "agent-009")).toBe(true);
});

test("a patched status is broadcast when it differs, and lasts until the process moves on", () => {
  const model = openAgents();
  const { status } = model.agent("agent-002") ?? {};
  const same = model.apply({ type: "patchAgent", id: "agent-002", patch: { status: status ?? "" } }, nowMs);
  expect(same.events).toEqual([]);
  const { events } = model.apply({ type: "patchAgent", id: "agent-002", patch: { status: "error" } }, nowMs);
  expect(statusesOf({ events })).toEqual([{ agentId: "agent-002", status: "error" }]);
  expect(model.agent("agent-002")).toMatchObject({ status: "error", statusSinceMs: nowMs, revision: 2 });
  const later = statusesOf(run(model, atTick, minutes(10))).find(({ agentId }) => agentId === "agent-002");
  expect(["idle", "processing"]).toContain(later?.status);
});

test.each(["on holiday", "constructor", "__proto__"])(
  "somebody's own status %s stays, and its agent is silent",
  (status) => {
    const model = openAgents({ agents: agents.slice(0, 1) });
    model.apply({ type: "patchAgent", id: "agent-001", patch: { status } }, nowMs);
    const said = run(model, atTick, minutes(30));
    expect(said.events).toEqual([]);
    expect(model.agent("agent-001")?.status).toBe(status);
  },
);

test("a patch renames an agent and takes it out of its sector", () => {
  const model = openAgents(still);
  model.apply({ type: "patchAgent", id: "agent-001", patch: { name: "New", sectorId: null } }, nowMs);
  expect(model.agent("agent-001")).toMatchObject({ name: "New", role: "Trader", revision: 2 });
  expect(model.agent("agent-001")).not.toHaveProperty("sectorId");
});

test("a deleted agent neither speaks nor changes again", () => {
  const model = openAgents();
  model.apply({ type: "deleteAgent", id: "agent-003" }, nowMs);
  const said = run(model, atTick, minutes(30));
  expect(JSON.stringify(said)).not.toContain("agent-003");
  expect(model.agent("agent-003")).toBeUndefined();
});

test("a room created for the whole market talks about the sectors that there are", () => {
  const model = openAgents({ discussions: [] });
  model.apply({ type: "createDiscussion", discussion: { id: "lobby", title: "Lobby" } }, nowMs);
  expect(model.discussion("lobby")).toEqual({
    id: "lobby",
    title: "Lobby",
    messageCount: 0,
    createdAtMs: nowMs,
    revision: 1,
  });
  const messages = messagesOf(run(model, atTick, minutes(30)));
  expect(messages.length).toBeGreaterThan(20);
  expect(model.discussion("lobby")).toMatchObject({ messageCount: messages.length });
  for (const name of ["Technology", "Energy", "Utilities", "Health Care"]) {
    expect(messages.some(({ content }) => content.includes(name))).toBe(true);
  }
});

test("a posted message is broadcast as it is, stored with its time, and answered by name", () => {
  const model = openAgents(still);
  const said = {
    id: "posted-1",
    content: "What about Energy today?",
    authorId: "u-7",
    authorName: "Desk Visitor",
    type: "note",
  };
  const message = { ...said, timestampMs: nowMs - 1500 };
  const { events } = model.apply({ type: "postMessage", discussionId: "disc-001", message }, nowMs);
  const payload = { discussionId: "disc-001", message: { ...said, timestamp: "2026-01-05T14:30:00.500Z" } };
  expect(events).toEqual([{ entity: "disc-001", event: "discussion:new_message", payload }]);
  expect(model.discussion("disc-001")).toMatchObject({ messageCount: 1, lastMessageAtMs: nowMs - 1500 });
  const { causes, ...answers } = run(model, atTick, minutes(10));
  const [answer] = messagesOf(answers);
  expect(answer.discussionId).toBe("disc-001");
  expect(answer.content).toContain("Desk Visitor");
  expect(causes[0]).toMatchObject({ kind: "visitor", subject: "energy-001" });
});

test("everybody who writes is answered, also in a busy room", () => {
  const model = openAgents({ activity: { messagesPerMinute: 20 } });
  run(model, 0, minutes(2));
  const names = ["Ann", "Ben", "Cleo"];
  for (const [n, authorName] of names.entries()) {
    const message = posted({ id: `p-${n}`, content: "Hello there", authorId: `u-${n}`, authorName });
    model.apply({ type: "postMessage", discussionId: "disc-001", message }, signalAt(minutes(2)).nowMs);
  }
  const said = messagesOf(run(model, minutes(2), minutes(4))).filter(({ discussionId }) => discussionId === "disc-001");
  for (const [n, name] of names.entries()) expect(said[n].content).toContain(name);
});

test("posting in one room moves nothing that another says", () => {
  const message = posted({ id: "p-1", content: "Hello", authorId: "u-7" });
  const model = openAgents();
  model.apply({ type: "postMessage", discussionId: "disc-001", message }, nowMs);
  const others = (said: ReturnType<typeof run>) => said.events.filter(({ entity }) => entity !== "disc-001");
  expect(others(run(model, 0, minutes(20)))).toEqual(others(run(openAgents(), 0, minutes(20))));
});

test("a room's title and sector can change, and it talks about the new one", () => {
  const model = openAgents();
  const patch = { title: "Health desk", sectorId: "health-001" };
  model.apply({ type: "patchDiscussion", id: "disc-002", patch }, nowMs);
  expect(model.discussion("disc-002")).toMatchObject({ ...patch, revision: 2 });
  const { causes } = run(model, atTick, minutes(30));
  const subjects = causes.filter(({ messageId }) => messageId.endsWith("-002")).map(({ subject }) => subject);
  expect(new Set(subjects)).toEqual(new Set(["health-001"]));
});

test("a room that is given the title and sector that it has stays as it was, and goes on following what it followed", () => {
  const model = openAgents();
  run(model, 0, atTick);
  const before = JSON.stringify(model.snapshot());
  model.apply({ type: "patchDiscussion", id: "disc-003", patch: { title: "Power", sectorId: "energy-001" } }, nowMs);
  model.apply({ type: "patchDiscussion", id: "disc-001", patch: { sectorId: null } }, nowMs);
  model.apply({ type: "patchDiscussion", id: "disc-001", patch: {} }, nowMs);
  expect(JSON.stringify(model.snapshot())).toBe(before);
});

test("a room that is only renamed goes on following what it followed", () => {
  const model = openAgents();
  const patch = { title: "Grid", sectorId: "energy-001" };
  model.apply({ type: "patchDiscussion", id: "disc-003", patch }, nowMs);
  expect(model.discussion("disc-003")).toMatchObject({ ...patch, revision: 2 });
  const { causes } = run(model, atTick, minutes(30));
  const subjects = causes.filter(({ messageId }) => messageId.endsWith("-003")).map(({ subject }) => subject);
  expect(new Set(subjects)).toEqual(new Set(["energy-001", "util-001"]));
});

test("an agent that is given what it has stays as it was", () => {
  const model = openAgents();
  const before = JSON.stringify(model.snapshot());
  const { status = "" } = model.agent("agent-001") ?? {};
  const patch = { name: "Momentum Scout", role: "Trader", sectorId: "tech-001", status };
  expect(model.apply({ type: "patchAgent", id: "agent-001", patch }, nowMs).events).toEqual([]);
  model.apply({ type: "patchAgent", id: "agent-002", patch: { sectorId: null } }, nowMs);
  expect(JSON.stringify(model.snapshot())).toBe(before);
});

test("a deleted room is silent and can be made again", () => {
  const model = openAgents();
  model.apply({ type: "deleteDiscussion", id: "disc-002" }, nowMs);
  expect(messagesOf(run(model, atTick, minutes(10))).some(({ discussionId }) => discussionId === "disc-002")).toBe(
    false,
  );
  model.apply({ type: "createDiscussion", discussion: { id: "disc-002", title: "Again" } }, nowMs);
  expect(model.discussions().map(({ id }) => id)).toEqual(discussions.map(({ id }) => id));
});

test.each([
  [{ type: "createAgent", agent: { id: "agent-001", name: "A", role: "B", status: "idle" } }, "exists", "agent"],
  [{ type: "patchAgent", id: "nobody", patch: {} }, "unknown", "agent"],
  [{ type: "deleteAgent", id: "nobody" }, "unknown", "agent"],
  [{ type: "createDiscussion", discussion: { id: "disc-001", title: "A" } }, "exists", "discussion"],
  [{ type: "patchDiscussion", id: "nowhere", patch: {} }, "unknown", "discussion"],
  [{ type: "deleteDiscussion", id: "nowhere" }, "unknown", "discussion"],
  [
    { type: "postMessage", discussionId: "nowhere", message: posted({ id: "m", content: "c", authorId: "a" }) },
    "unknown",
    "discussion",
  ],
] as const)("%j is refused, and nothing changes", (command, code, kind) => {
  const model = openAgents();
  const before = JSON.stringify(model.snapshot());
  expect(model.refuses(command)).toMatchObject({ code, kind });
  expect(() => model.apply(command, nowMs)).toThrow(RefusedCommandError);
  expect(JSON.stringify(model.snapshot())).toBe(before);
});

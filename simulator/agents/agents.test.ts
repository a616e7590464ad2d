/** The agents as a whole: determinism, snapshots, independence of its members, validity of what it says. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createEventChecks } from "../../schemas/index.js";
import type { Command } from "../core/types.js";
import { restoreAgents } from "./agents.js";
import {
  agents,
  discussions,
  messagesOf,
  minutes,
  openAgents,
  optionsOf,
  run,
  sectorIds,
  signalAt,
  statusesOf,
  withJump,
} from "./agents.fixture.js";
import { posted } from "../world/world.fixture.js";
import type { MarketSignal } from "../core/signals.js";

const lively = { activity: { statusChangesPerMinute: 12, messagesPerMinute: 12 } };

/** Something of everything within two minutes. */
function eventful(signal: MarketSignal): MarketSignal {
  const { tick } = signal;
  const stress = 0.5 + (tick % 300) / 100;
  if (tick === 30) return withJump({ ...signal, stress }, "tech-001", -0.6);
  const scenarioEvents: Record<number, MarketSignal["scenarioEvents"]> = {
    60: [{ kind: "rumour", sectorId: "energy-001", text: "a pipeline is shut", durationMs: 20_000 }],
    100: [{ kind: "agentOutage", agentIds: ["agent-002", "agent-003"], durationMs: 15_000 }],
    140: [{ kind: "chatterBurst", intensity: 6, durationMs: 10_000, discussionIds: ["disc-002"] }],
    200: [{ kind: "flashCrash" }, { kind: "halt" }],
    240: [{ kind: "resume" }, { kind: "regime", regime: "stress" }],
    280: [{ kind: "sectorShock", sectorId: "util-001", text: "a storm took down a line" }],
  };
  return { ...signal, stress, scenarioEvents: scenarioEvents[tick] ?? [] };
}

const ticks = 400;
const commands: readonly (readonly [afterTick: number, command: Command])[] = [
  [
    40,
    {
      type: "createAgent",
      agent: { id: "agent-0015", name: "Newcomer", role: "Quant", sectorId: "util-001", status: "idle" },
    },
  ],
  [40, { type: "createDiscussion", discussion: { id: "disc-0015", title: "Further room" } }],
  [90, { type: "patchAgent", id: "agent-005", patch: { status: "error", name: "Oil Signal" } }],
  [
    90,
    {
      type: "postMessage",
      discussionId: "disc-002",
      message: posted({ id: "p-1", content: "Is tech done?", authorId: "me" }),
    },
  ],
  [150, { type: "patchDiscussion", id: "disc-003", patch: { sectorId: null, title: "Everything" } }],
  [300, { type: "deleteAgent", id: "agent-0015" }],
  [300, { type: "deleteDiscussion", id: "disc-0015" }],
];

/** The whole session, written to JSON and read again after the given ticks. */
function session(seed: string, stops: readonly number[] = []) {
  let model = openAgents({ ...lively, seed });
  const said: unknown[] = [];
  for (let tick = 0; tick < ticks; tick++) {
    for (const [afterTick, command] of commands) {
      if (afterTick === tick) said.push(model.apply(command, signalAt(tick).nowMs));
    }
    if (stops.includes(tick)) {
      const snapshot: unknown = JSON.parse(JSON.stringify(model.snapshot()));
      model = restoreAgents(optionsOf({ ...lively, seed }), snapshot);
      expect(JSON.parse(JSON.stringify(model.snapshot()))).toEqual(snapshot);
    }
    said.push(model.step(eventful(signalAt(tick + 1))));
  }
  return JSON.stringify([said, model.agents(), model.discussions()]);
}

test.each(["1", "42", "2010-05-06"])("a model resumed at any tick goes on to the same bytes (seed %s)", (seed) => {
  const whole = session(seed);
  expect(session(seed)).toBe(whole);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: ticks - 1 }), { minLength: 1, maxLength: 4 }), (stops) => {
      expect(session(seed, stops)).toBe(whole);
    }),
    { numRuns: 25 },
  );
});

test("another seed gives other agents", () => {
  expect(session("1")).not.toBe(session("2"));
});

test("a further agent changes no other agent and no message but those that it says itself", () => {
  const newcomers = fc.record({
    id: fc.stringMatching(/^[a-z]{1,5}-[0-9]{1,4}$/),
    name: fc.constant("Newcomer"),
    role: fc.constantFrom("Trader", "Quant", "News editor", "Janitor"),
    sectorId: fc.constantFrom(...sectorIds, undefined),
  });
  const before = run(openAgents(lively), 0, minutes(5), eventful);
  const oldMessages = messagesOf(before);
  fc.assert(
    fc.property(newcomers, ({ sectorId, ...rest }) => {
      const newcomer = sectorId === undefined ? rest : { ...rest, sectorId };
      const after = run(openAgents({ ...lively, agents: [...agents, newcomer] }), 0, minutes(5), eventful);
      const others = statusesOf(after).filter(({ agentId }) => agentId !== newcomer.id);
      expect(others).toEqual(statusesOf(before));
      const newMessages = messagesOf(after);
      expect(newMessages.map(({ id }) => id)).toEqual(oldMessages.map(({ id }) => id));
      const foreign = (_: unknown, i: number) => newMessages[i].authorId !== newcomer.id;
      expect(newMessages.filter(foreign)).toEqual(oldMessages.filter(foreign));
      expect(newMessages.some(({ authorId }) => authorId === newcomer.id)).toBe(true);
    }),
    { numRuns: 15 },
  );
});

test("a room says the same whatever other rooms there are, in whatever order", () => {
  const whole = run(openAgents(lively), 0, minutes(5), eventful);
  const rooms = fc.shuffledSubarray([...discussions, { id: "disc-0015", title: "Further", sectorId: "tech-001" }]);
  fc.assert(
    fc.property(rooms, (list) => {
      const said = run(openAgents({ ...lively, discussions: list }), 0, minutes(5), eventful);
      for (const { id } of discussions) {
        if (!list.some((room) => room.id === id)) continue;
        const ofRoom = (output: typeof said) => messagesOf(output).filter(({ discussionId }) => discussionId === id);
        expect(ofRoom(said)).toEqual(ofRoom(whole));
      }
      expect(statusesOf(said)).toEqual(statusesOf(whole));
    }),
    { numRuns: 15 },
  );
});

test("every event is valid, every message has an id of its own and one cause", () => {
  const checks = createEventChecks();
  const said = run(openAgents(lively), 0, minutes(20), eventful);
  for (const { event, payload } of said.events) expect(checks[event](payload)).toBe(true);
  const ids = messagesOf(said).map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(said.causes.map(({ messageId }) => messageId)).toEqual(ids);
  expect(ids.every((id) => /^msg-\d+-00[123]$/.test(id))).toBe(true);
});

test("rooms of any name have message ids of their own", () => {
  const list = ["disc-1", "1", "lobby", "disc-lobby", "disc", "disc-1-2"].map((id) => ({ id, title: id }));
  const busy = { activity: { messagesPerMinute: 120, answersPerMessage: 0 } };
  const ids = messagesOf(run(openAgents({ ...busy, discussions: list }), 0, minutes(10))).map(({ id }) => id);
  expect(ids.length).toBeGreaterThan(4000);
  expect(new Set(ids).size).toBe(ids.length);
});

test("authors are active, and nobody answers himself while others are there", () => {
  const model = openAgents(lively);
  let idle = 0;
  let twice = 0;
  let count = 0;
  const last = new Map<string, string>();
  for (let tick = 1; tick <= minutes(60); tick++) {
    for (const { authorId, discussionId } of messagesOf(model.step(signalAt(tick)))) {
      count += 1;
      if (model.agent(authorId)?.status !== "active") idle += 1;
      if (last.get(discussionId) === authorId) twice += 1;
      last.set(discussionId, authorId);
    }
  }
  expect(count).toBeGreaterThan(1000);
  // Six agents: sometimes nobody is active, or all who are have the same turn.
  expect(idle / count).toBeLessThan(0.05);
  expect(twice / count).toBeLessThan(0.3);
});

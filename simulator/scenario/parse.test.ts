import { expect, test } from "vitest";
import { schemaFiles } from "../../schemas/index.js";
import { scenarioFiles } from "../scenarios/generated.js";
import { shippedScenarios } from "../scenarios/index.js";
import { type CompleteScenario, completeScenario, digestScenario } from "./complete.js";
import { createWorld } from "../world/world.js";
import { ScenarioError, parseScenario } from "./parse.js";

const minimal = { name: "mine", title: "Mine", description: "A scenario of one's own." };

function problemsOf(changes: object): string[] {
  try {
    parseScenario({ ...minimal, ...changes });
    return [];
  } catch (error) {
    return (error as ScenarioError).problems.map(({ pointer, detail }) => `${pointer}: ${detail}`);
  }
}

test("a name, a title and a description make a scenario: all else has a default", () => {
  const scenario = parseScenario(minimal);
  const standard = shippedScenarios.get("trading-day");
  expect(scenario).toEqual({ ...standard, ...minimal, events: [] });
  expect(scenario.sectors).toHaveLength(11);
  expect(scenario.market.jumps.branching).toBe(0.3);
});

test.each(scenarioFiles.map(({ name }) => name))("the shipped scenario %s has no fault", (name) => {
  const file = scenarioFiles.find((scenario) => scenario.name === name);
  expect(parseScenario(file)).toEqual(shippedScenarios.get(name));
});

test("the schema's own examples can be played", () => {
  for (const example of schemaFiles["scenario.schema.json"].examples)
    expect(() => parseScenario(example)).not.toThrow();
});

test("a complete scenario is left as it is, and its text does not depend on the order in its file", () => {
  const scenario = parseScenario({ ...minimal, market: { leverage: -0.5, volatilityPercent: 20 } });
  expect(completeScenario(scenario)).toEqual(scenario);
  const reversed = {
    market: { volatilityPercent: 20, leverage: -0.5 },
    description: minimal.description,
    title: "Mine",
    name: "mine",
  };
  const text = (text: string) => text;
  expect(digestScenario(parseScenario(reversed), text)).toBe(digestScenario(scenario, text));
});

test("a scenario may name its schema, for editors: its digest is the same", () => {
  const named = { $schema: "./node_modules/max-harness/schemas/scenario.schema.json", ...minimal };
  const text = (text: string) => text;
  expect(parseScenario(named)).toEqual(parseScenario(minimal));
  expect(digestScenario(named, text)).toBe(digestScenario(minimal, text));
});

test("filling in defaults leaves the given scenario alone, and shares nothing that could change", () => {
  const given = { ...minimal, market: { volatilityPercent: 20 } };
  const [a, b] = [parseScenario(given), parseScenario(given)];
  expect(given).toEqual({ ...minimal, market: { volatilityPercent: 20 } });
  expect(a.market.volatilityScales).not.toBe(b.market.volatilityScales);
  expect(a.sectors[0]).not.toBe(b.sectors[0]);
});

const sector = { id: "a-001", name: "A" };
const { scenarioEvent } = schemaFiles["scenario.schema.json"].$defs;
const scenarioEventTypes = scenarioEvent.properties.type.enum.map((type) => `"${type}"`).join(", ");

test.each<readonly [changes: object, problem: string]>([
  [{ tickMs: 50 }, "/tickMs: 50 is below the least that is possible, 100"],
  [{ tickMs: "250" }, '/tickMs: "250" is not of type integer'],
  [{ name: "No Spaces" }, '/name: "No Spaces" is not written like "trading-day"'],
  [{ title: undefined }, "/title: title is missing"],
  [
    { colour: 1 },
    `/colour: there is no property colour here, only ${Object.keys(schemaFiles["scenario.schema.json"].properties).join(", ")}`,
  ],
  [{ market: { volatilityPercent: -1 } }, "/market/volatilityPercent: -1 is below the least that is possible, 0"],
  [
    { market: { jumps: { perDay: 1 } } },
    "/market/jumps/perDay: there is no property perDay here, only marketPerDay, branching, decayMinutes, upShare, upMeanPercent, downMeanPercent, sectorPerDay, sectorMeanPercent",
  ],
  [{ sectors: [{ id: "a-001" }] }, "/sectors/0/name: name is missing"],
  [{ start: "yesterday" }, '/start: "yesterday" is not written like "2025-01-15T10:30:00.000Z"'],
  [{ start: "2025-02-29T00:00:00Z" }, '/start: "2025-02-29T00:00:00Z" is not written like "2025-01-15T10:30:00.000Z"'],
  [{ sectors: [sector, sector], agents: [], discussions: [] }, '/sectors/1/id: "a-001" is there twice'],
  [
    { sectors: [sector], discussions: [], agents: [{ id: "agent-001", name: "N", role: "R", sectorId: "b-001" }] },
    '/agents/0/sectorId: there is no sector "b-001"',
  ],
  [{ events: [{ type: "earthquake", at: "1m" }] }, `/events/0/type: "earthquake" is none of ${scenarioEventTypes}`],
  [
    { events: [{ type: "sectorShok", at: "1m" }] },
    `/events/0/type: "sectorShok" is none of ${scenarioEventTypes}; did you mean sectorShock`,
  ],
  [{ events: [{ type: "halt", at: "soon" }] }, '/events/0/at: "soon" is not written like "30m"'],
  [{ events: [{ type: "halt", at: "1m", movePercent: 3 }] }, "/events/0/movePercent: a halt has no movePercent"],
  [
    { events: [{ type: "sectorShock", at: "1m", sectorId: "tech-001" }] },
    "/events/0/movePercent: movePercent is missing, a sectorShock needs it",
  ],
  [
    { sectors: [sector], agents: [], discussions: [{ id: "disc-001", title: "T", follows: ["a-001", "b-001"] }] },
    '/discussions/0/follows/1: there is no sector "b-001"',
  ],
  [{ events: [{ type: "halt", at: "1m", sectorId: "x-001" }] }, '/events/0/sectorId: there is no sector "x-001"'],
  [
    { events: [{ type: "agentOutage", at: "1m", duration: "1m", agentIds: ["x-001"] }] },
    '/events/0/agentIds/0: there is no agent "x-001"',
  ],
  [{ events: [{ type: "halt", at: "1m", every: "10ms" }] }, '/events/0/every: "10ms" is shorter than a second'],
  [
    { events: [{ type: "halt", at: "99999999999999d", duration: "1m" }] },
    '/events/0/at: "99999999999999d" is longer than 3650d',
  ],
  [{ events: [{ type: "halt", at: "1m", every: "3651d" }] }, '/events/0/every: "3651d" is longer than 3650d'],
  [
    { events: [{ type: "flashCrash", at: "1m", recovery: "87601h" }] },
    '/events/0/recovery: "87601h" is longer than 3650d',
  ],
])("a fault has its place and a sentence: %j", (changes, problem) => {
  expect(problemsOf(changes)).toContain(problem);
});

test("a duration of hundreds of digits is refused, and told in part", () => {
  const outage = { type: "agentOutage", at: "1m", duration: `${"9".repeat(400)}s` };
  const problem = `/events/0/duration: "${"9".repeat(80)}"... (401 characters) is longer than 3650d`;
  expect(problemsOf({ events: [outage] })).toEqual([problem]);
});

test("the longest durations can be played", () => {
  const longest = { at: "3650d", every: "3650d", duration: "3650d" };
  const events = [
    { ...longest, type: "halt" },
    { ...longest, type: "flashCrash", at: "0s", recovery: "3650d" },
    { ...longest, type: "agentOutage", at: "0s" },
  ];
  const world = createWorld({ seed: "42", scenario: parseScenario({ ...minimal, events }) });
  for (let tick = 0; tick < 4; tick++) world.step();
  const snapshot = world.snapshot();
  expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
});

test("all faults are told at once, and the message tells them one by one", () => {
  const faults = { tickMs: 50, pace: 0, events: [{ type: "halt", at: "soon" }] };
  expect(problemsOf(faults)).toHaveLength(3);
  expect(() => parseScenario({ ...minimal, ...faults })).toThrow(ScenarioError);
  expect(() => parseScenario({ ...minimal, ...faults })).toThrow(
    /The scenario at \/tickMs: 50 is below the least that is possible, 100\.\n/,
  );
});

test.each([null, 7, "text", []])("%j is no scenario, and says so", (value) => {
  expect(() => parseScenario(value)).toThrow(/^The scenario: .* is not of type object\.$/m);
});

/** Every number of the schema, by its path, with a value below its minimum. */
function belowMinimum(node: object, path: readonly string[]): (readonly [path: readonly string[], value: number])[] {
  const { properties = {}, minimum, $ref } = node as { properties?: object; minimum?: number; $ref?: string };
  const definitions: Record<string, object> = schemaFiles["scenario.schema.json"].$defs;
  const own = $ref?.startsWith("#/$defs/") === true ? belowMinimum(definitions[$ref.slice(8)], path) : [];
  const inner = Object.entries(properties).flatMap(([key, property]) =>
    belowMinimum(property as object, [...path, key]),
  );
  return [...own, ...inner, ...(minimum === undefined ? [] : [[path, minimum - 1] as const])];
}

test.each(belowMinimum(schemaFiles["scenario.schema.json"], []))(
  "a number out of range at %j is named",
  (path, value) => {
    const changes = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Partial<CompleteScenario>;
    expect(problemsOf(changes).map((problem) => problem.split(":")[0])).toEqual([`/${path.join("/")}`]);
  },
);

test("a file of version 0.1 is still read: happenings are events, society is activity", () => {
  const events = [{ type: "halt", at: "30s" }];
  const activity = { messagesPerMinute: 7 };
  const base = { name: "old", title: "Old", description: "A file of version 0.1." };
  expect(parseScenario({ ...base, happenings: events, society: activity })).toEqual(
    parseScenario({ ...base, events, activity }),
  );
  expect(() => parseScenario({ ...base, happenings: events, events })).toThrow("happenings");
});

/**
 * Reads a scenario from outside: checks it, names every fault with its place, fills in the defaults.
 *
 * The schema says what a scenario may hold; here is only what a schema cannot say: which properties each
 * kind of scenario event has, that ids are unique and that references lead somewhere.
 */
import {
  type ScenarioEvent,
  type ScenarioEventType,
  type Scenario,
  findViolations,
  parseDuration,
} from "../../schemas/index.js";
import { describeValue } from "../../schemas/describe-value.js";
import { parseInstant } from "../../schemas/instant.js";
import { type CompleteScenario, completeScenario } from "./complete.js";
import { type ScenarioProblem, explainViolation } from "./explain.js";

/** Faults that the message names; `problems` has all of them. */
const shownMax = 5;

/** A scenario that cannot be played. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
  readonly problems: readonly ScenarioProblem[];

  constructor(problems: readonly ScenarioProblem[]) {
    super(
      [
        ...problems
          .slice(0, shownMax)
          .map(({ pointer, detail }) => `The scenario${pointer === "" ? "" : ` at ${pointer}`}: ${detail}.`),
        ...(problems.length > shownMax ? [`And ${problems.length - shownMax} more faults.`] : []),
      ].join("\n"),
    );
    this.problems = problems;
  }
}

/**
 * Checks a scenario and fills in its defaults.
 *
 * @throws ScenarioError with all problems
 * @example parseScenario(JSON.parse(text)).sectors.length
 */
export function parseScenario(input: unknown): CompleteScenario {
  const value = renameDeprecatedKeys(input);
  const violations = findViolations("scenario.schema.json", value);
  if (violations.length > 0) throw new ScenarioError(violations.map((violation) => explainViolation(violation, value)));
  const scenario = completeScenario(value as Scenario);
  const problems = [
    ...findInstantProblems(scenario),
    ...findIdProblems(scenario),
    ...findScenarioEventProblems(scenario),
  ];
  if (problems.length > 0) throw new ScenarioError(problems);
  return scenario;
}

/** Names that scenario files had up to version 0.1. They are still read. */
const deprecatedKeys = { happenings: "events", society: "activity" } as const;

function renameDeprecatedKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  const isRenamed = (key: string): key is keyof typeof deprecatedKeys =>
    Object.hasOwn(deprecatedKeys, key) && !Object.hasOwn(value, deprecatedKeys[key as keyof typeof deprecatedKeys]);
  return Object.fromEntries(entries.map(([key, item]) => [isRenamed(key) ? deprecatedKeys[key] : key, item]));
}

function findInstantProblems({ start }: CompleteScenario): ScenarioProblem[] {
  return parseInstant(start) === undefined
    ? [{ pointer: "/start", detail: `"${start}" is not an instant of the calendar` }]
    : [];
}

function findIdProblems({ sectors, agents, discussions }: CompleteScenario): ScenarioProblem[] {
  const known = new Set(sectors.map(({ id }) => id));
  const problems: ScenarioProblem[] = [];
  for (const [list, entities] of Object.entries({ sectors, agents, discussions })) {
    const seen = new Set<string>();
    for (const [position, entity] of entities.entries()) {
      if (seen.has(entity.id))
        problems.push({ pointer: `/${list}/${position}/id`, detail: `"${entity.id}" is there twice` });
      seen.add(entity.id);
      const sectorId = "sectorId" in entity ? entity.sectorId : undefined;
      if (sectorId !== undefined && !known.has(sectorId))
        problems.push({ pointer: `/${list}/${position}/sectorId`, detail: `there is no sector "${sectorId}"` });
      const follows = "follows" in entity ? (entity.follows ?? []) : [];
      for (const [place, id] of follows.entries()) {
        if (!known.has(id))
          problems.push({ pointer: `/${list}/${position}/follows/${place}`, detail: `there is no sector "${id}"` });
      }
    }
  }
  return problems;
}

type ScenarioEventField = Exclude<keyof ScenarioEvent, "type" | "at" | "every">;

/** What each kind of scenario event may have, and what it must have. */
const scenarioEventFields: Readonly<
  Record<
    ScenarioEventType,
    { readonly may: readonly ScenarioEventField[]; readonly must: readonly ScenarioEventField[] }
  >
> = {
  regime: { may: ["regime", "duration"], must: ["regime", "duration"] },
  flashCrash: { may: ["movePercent", "duration", "recoveryShare", "recovery", "text"], must: [] },
  sectorShock: {
    may: ["sectorId", "movePercent", "duration", "recoveryShare", "recovery", "text"],
    must: ["sectorId", "movePercent"],
  },
  rumour: {
    may: ["sectorId", "discussionIds", "text", "movePercent", "duration", "recoveryShare", "recovery", "intensity"],
    must: ["text"],
  },
  agentOutage: { may: ["agentIds", "sectorId", "duration"], must: ["duration"] },
  chatterBurst: { may: ["discussionIds", "sectorId", "duration", "intensity", "text"], must: ["duration"] },
  halt: { may: ["sectorId", "duration"], must: [] },
  resume: { may: ["sectorId"], must: [] },
};

/** Occurrences that come faster would only pile up. */
const everyMsMin = 1000;
/** Beyond it, instants could leave the calendar and numbers their precision. */
const durationMax = "3650d";
const durationFields = ["at", "every", "duration", "recovery"] as const;

function findScenarioEventProblems(scenario: CompleteScenario): ScenarioProblem[] {
  const ids = {
    sector: new Set(scenario.sectors.map(({ id }) => id)),
    agent: new Set(scenario.agents.map(({ id }) => id)),
    discussion: new Set(scenario.discussions.map(({ id }) => id)),
  };
  const problems: ScenarioProblem[] = [];
  for (const [position, scenarioEvent] of scenario.events.entries()) {
    const pointer = `/events/${position}`;
    const { may, must } = scenarioEventFields[scenarioEvent.type];
    for (const field of Object.keys(scenarioEvent)) {
      if (!["type", "at", "every", ...may].includes(field))
        problems.push({ pointer: `${pointer}/${field}`, detail: `a ${scenarioEvent.type} has no ${field}` });
    }
    for (const field of must) {
      if (scenarioEvent[field] === undefined)
        problems.push({
          pointer: `${pointer}/${field}`,
          detail: `${field} is missing, a ${scenarioEvent.type} needs it`,
        });
    }
    for (const field of durationFields) {
      const duration = scenarioEvent[field];
      if (duration !== undefined && parseDuration(duration) > parseDuration(durationMax))
        problems.push({
          pointer: `${pointer}/${field}`,
          detail: `${describeValue(duration)} is longer than ${durationMax}`,
        });
    }
    if (scenarioEvent.every !== undefined && parseDuration(scenarioEvent.every) < everyMsMin)
      problems.push({
        pointer: `${pointer}/every`,
        detail: `${describeValue(scenarioEvent.every)} is shorter than a second`,
      });
    const references = [
      ["sector", "/sectorId", scenarioEvent.sectorId] as const,
      ...(scenarioEvent.agentIds ?? []).map((id, index) => ["agent", `/agentIds/${index}`, id] as const),
      ...(scenarioEvent.discussionIds ?? []).map((id, index) => ["discussion", `/discussionIds/${index}`, id] as const),
    ];
    for (const [kind, place, id] of references) {
      if (id !== undefined && !ids[kind].has(id))
        problems.push({ pointer: pointer + place, detail: `there is no ${kind} "${id}"` });
    }
  }
  return problems;
}

/**
 * A scenario with every default filled in: what the world runs on.
 *
 * The defaults stand in the JSON Schema and nowhere else; this file walks the schema. The result has its
 * properties in the schema's order, so equal scenarios give equal text, and a complete one is left as it is.
 */
import {
  type ScenarioEvent,
  type Scenario,
  type ScenarioAgent,
  type ScenarioCadence,
  type ScenarioCalendar,
  type ScenarioDiscussion,
  type ScenarioIntraday,
  type ScenarioJumps,
  type ScenarioMarket,
  type ScenarioRegimes,
  type ScenarioSector,
  type ScenarioActivity,
} from "../../schemas/index.js";
import { type SchemaNode, contractSchemas, schemaAt } from "../../schemas/schema-tree.js";
import { standardRoster } from "../scenarios/generated.js";

/** The market's parameters without gaps. */
export interface CompleteMarket extends Required<ScenarioMarket> {
  readonly intraday: Required<ScenarioIntraday>;
  readonly jumps: Required<ScenarioJumps>;
  readonly regimes: Required<ScenarioRegimes>;
}

/** A scenario without gaps. */
export interface CompleteScenario extends Scenario {
  readonly start: string;
  readonly tickMs: number;
  readonly pace: number;
  readonly calendar: Required<ScenarioCalendar>;
  readonly cadence: Required<ScenarioCadence>;
  readonly market: CompleteMarket;
  readonly sectors: ScenarioSector[];
  readonly agents: ScenarioAgent[];
  readonly discussions: ScenarioDiscussion[];
  readonly activity: Required<ScenarioActivity>;
  readonly events: ScenarioEvent[];
}

/** Fills in all defaults. The scenario must be valid; `parseScenario` makes sure of that. */
export function completeScenario(scenario: Scenario): CompleteScenario {
  const { node, base } = schemaAt("scenario.schema.json");
  // For editors: a scenario that names its schema is the same world as one that does not.
  return fill(node, base, { ...rosterFor(scenario.sectors), ...scenario, $schema: undefined }) as CompleteScenario;
}

/**
 * The standard cast as far as it fits these sectors: agents keep only a sector that is there, rooms of
 * other sectors are left out.
 */
function rosterFor(sectors: readonly ScenarioSector[] = standardRoster.sectors): Partial<Scenario> {
  const there = new Set(sectors.map(({ id }) => id));
  return {
    sectors: [...sectors],
    agents: standardRoster.agents.map((agent) => fitAgent(agent, there)),
    discussions: standardRoster.discussions
      .filter(({ sectorId }) => sectorId === undefined || there.has(sectorId))
      .map((room) => fitRoom(room, there)),
  };
}

function fitAgent(agent: ScenarioAgent, there: ReadonlySet<string>): ScenarioAgent {
  const { sectorId, ...generalist } = agent;
  return sectorId === undefined || there.has(sectorId) ? agent : generalist;
}

function fitRoom(room: ScenarioDiscussion, there: ReadonlySet<string>): ScenarioDiscussion {
  const { follows, ...open } = room;
  const followed = follows?.filter((id) => there.has(id)) ?? [];
  return followed.length === 0 ? open : { ...open, follows: followed };
}

/** Names a scenario by its contents: equal for equal worlds, whatever the order in its file. */
export function digestScenario(scenario: Scenario, hash: (text: string) => string): string {
  return hash(JSON.stringify(completeScenario(scenario)));
}

/** The value with the defaults of its schema, and without what the schema does not name. */
function fill(node: SchemaNode, base: string, value: unknown): unknown {
  const { node: schema, base: inside } = contractSchemas.follow(node, base);
  const present = value === undefined ? schema.default : value;
  if (Array.isArray(present)) {
    const { items } = schema;
    return items === undefined ? [...present] : present.map((item) => fill(items, inside, item));
  }
  if (typeof present !== "object" || present === null || schema.properties === undefined) return present;
  const complete: Record<string, unknown> = {};
  for (const [key, property] of Object.entries(schema.properties)) {
    const inner = fill(property, inside, (present as Record<string, unknown>)[key]);
    if (inner !== undefined) complete[key] = inner;
  }
  return complete;
}

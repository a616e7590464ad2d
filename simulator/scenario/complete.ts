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
  schemaFiles,
} from "../../schemas/index.js";
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
  const root: SchemaNode = schemaFiles["scenario.schema.json"];
  return fill(root, { ...rosterFor(scenario.sectors), ...scenario }, root) as CompleteScenario;
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

/** As much of JSON Schema as defaults need. */
interface SchemaNode {
  readonly type?: unknown;
  readonly $ref?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
}

const ownDefinitions = "#/$defs/";

function resolve(node: SchemaNode, root: SchemaNode): SchemaNode {
  // A definition of another file is a plain value without defaults.
  return node.$ref?.startsWith(ownDefinitions) === true
    ? { ...root.$defs?.[node.$ref.slice(ownDefinitions.length)], ...node }
    : node;
}

function fill(node: SchemaNode, value: unknown, root: SchemaNode): unknown {
  const schema = resolve(node, root);
  const present = value === undefined ? schema.default : value;
  if (Array.isArray(present)) {
    const { items } = schema;
    return items === undefined ? [...present] : present.map((item) => fill(items, item, root));
  }
  if (typeof present !== "object" || present === null || schema.properties === undefined) return present;
  const complete: Record<string, unknown> = {};
  for (const [key, property] of Object.entries(schema.properties)) {
    const inner = fill(property, (present as Record<string, unknown>)[key], root);
    if (inner !== undefined) complete[key] = inner;
  }
  return complete;
}

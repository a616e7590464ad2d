/**
 * What the simulated world shows to the other rooms: batches of events going out, commands coming in,
 * and views of its entities. Plain values only; everything goes through JSON unchanged.
 */
import type { ContractEvent, Scenario } from "../../schemas/index.js";

/** An event of the simulated world, as it will be broadcast. */
export type SimEvent = ContractEvent & {
  /** The entity whose digest the event belongs to: a sector, agent or discussion id, or `index`. */
  readonly entity: string;
};

/** Intervals of candles that the world builds itself; all others are rolled up from these. */
export type BuiltInterval = "1s" | "1m";

/** A candle whose bucket has ended. `timestampMs` is the bucket's first millisecond (epoch, UTC). */
export interface ClosedCandle {
  readonly sectorId: string;
  readonly interval: BuiltInterval;
  readonly timestampMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** Why a message was said: a side record, never broadcast. */
export interface MessageCause {
  readonly messageId: string;
  readonly kind: string;
  readonly subject?: string;
  readonly detail?: string;
}

/** All that one tick, or one command, yields. It stays one batch from here to the wire. */
export interface TickBatch {
  /** The tick that made it; for a command the tick after which it was applied. */
  readonly tick: number;
  /** Simulated time, epoch milliseconds: start + tick * tickMs. */
  readonly atMs: number;
  /** In order of (phase, entity id, sequence). */
  readonly events: readonly SimEvent[];
  readonly closedCandles: readonly ClosedCandle[];
  readonly causes: readonly MessageCause[];
}

/** What people do to the world. Applied between two ticks, at once. */
export type Command =
  | { readonly type: "createSector"; readonly sector: NewSector }
  | { readonly type: "patchSector"; readonly id: string; readonly patch: Partial<Omit<NewSector, "id" | "value">> }
  | { readonly type: "deleteSector"; readonly id: string }
  | { readonly type: "createAgent"; readonly agent: NewAgent }
  | { readonly type: "patchAgent"; readonly id: string; readonly patch: AgentPatch }
  | { readonly type: "deleteAgent"; readonly id: string }
  | { readonly type: "createDiscussion"; readonly discussion: NewDiscussion }
  | { readonly type: "patchDiscussion"; readonly id: string; readonly patch: DiscussionPatch }
  | { readonly type: "deleteDiscussion"; readonly id: string }
  | { readonly type: "postMessage"; readonly discussionId: string; readonly message: NewMessage };

export interface NewSector {
  readonly id: string;
  readonly name: string;
  /** Price to start from. @default 100 */
  readonly value?: number;
  /** Relative to the others'. @default 0.01 */
  readonly indexWeight?: number;
  /** @default 1 */
  readonly beta?: number;
  /** Percent a year. @default 10 */
  readonly idioVolatilityPercent?: number;
}

export interface NewAgent {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly sectorId?: string;
  readonly status: string;
}

export interface AgentPatch {
  readonly name?: string;
  readonly role?: string;
  /** Null takes the agent out of its sector. */
  readonly sectorId?: string | null;
  /** Broadcast when it differs from the present one. */
  readonly status?: string;
}

export interface NewDiscussion {
  readonly id: string;
  readonly title: string;
  readonly sectorId?: string;
}

export interface DiscussionPatch {
  readonly title?: string;
  readonly sectorId?: string | null;
}

export interface NewMessage {
  readonly id: string;
  readonly content: string;
  readonly authorId: string;
  readonly authorName: string;
  readonly type: string;
  /** Epoch milliseconds. */
  readonly timestampMs: number;
}

/** A command as the log keeps it. Seed, scenario, start and log give the session again to the byte. */
export interface LoggedCommand {
  /** Applied after this tick and before the next. */
  readonly afterTick: number;
  /** 1, 2, 3 … over the whole timeline. */
  readonly sequence: number;
  readonly command: Command;
}

export interface SectorView {
  readonly id: string;
  readonly name: string;
  /** Rounded to 0.01, as all prices here. */
  readonly value: number;
  /** First price of the session. */
  readonly open: number;
  readonly indexWeight: number;
  readonly beta: number;
  readonly idioVolatilityPercent: number;
  readonly updatedAtMs: number;
  /** 1, 2, 3 … counts changes of the fields that can be patched. */
  readonly revision: number;
}

export interface AgentView {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly sectorId?: string;
  readonly status: string;
  readonly statusSinceMs: number;
  readonly revision: number;
}

export interface DiscussionView {
  readonly id: string;
  readonly title: string;
  readonly sectorId?: string;
  /** Messages said in it since the start, posted ones included. */
  readonly messageCount: number;
  readonly lastMessageAtMs?: number;
  readonly createdAtMs: number;
  readonly revision: number;
}

export interface IndexView {
  readonly value: number;
  readonly open: number;
  /** The chained divisor: value = sum(weight * price) / divisor, so it does not jump when a sector comes or goes. */
  readonly divisor: number;
}

/** A command that the world refuses. Nothing was changed. */
export type Refusal =
  | { readonly code: "unknown"; readonly kind: "sector" | "agent" | "discussion"; readonly id: string }
  | { readonly code: "exists"; readonly kind: "sector" | "agent" | "discussion"; readonly id: string }
  | {
      readonly code: "inUse";
      readonly kind: "sector";
      readonly id: string;
      readonly agents: number;
      readonly discussions: number;
    };

/**
 * A simulated world: a pure function of seed, scenario, start, tickMs and the commands so far.
 * Between two calls nothing happens.
 */
export interface World {
  readonly seed: string;
  readonly scenario: Scenario;
  readonly startMs: number;
  readonly tickMs: number;
  /** Ticks done so far. */
  readonly tick: number;
  /** Simulated now: startMs + tick * tickMs. */
  readonly nowMs: number;
  /** The last tick whose instant a timestamp can name, in the year 9999. */
  readonly lastTick: number;
  /** Runs one tick. @throws {RangeError} after the last tick */
  step(): TickBatch;
  /** Null when the command may be applied now, or why not. Changes nothing. */
  refuses(command: Command): Refusal | null;
  /** Applies a command between two ticks. Call `refuses` first: a refused command throws. */
  apply(command: Command): TickBatch;
  /** In id order. */
  sectors(): readonly SectorView[];
  sector(id: string): SectorView | undefined;
  agents(): readonly AgentView[];
  agent(id: string): AgentView | undefined;
  discussions(): readonly DiscussionView[];
  discussion(id: string): DiscussionView | undefined;
  index(): IndexView;
  /** The sector's running candle of an interval, if one has begun. */
  openCandle(sectorId: string, interval: BuiltInterval): ClosedCandle | undefined;
  /** Closed 1m candles of the 24 hours before the start, per sector, oldest first. Made at the first call. */
  backfill(): ReadonlyMap<string, readonly ClosedCandle[]>;
  /** The whole state as plain JSON. */
  snapshot(): WorldSnapshot;
}

export interface WorldOptions {
  readonly seed: string;
  readonly scenario: Scenario;
  /** Epoch milliseconds of tick 0. @default the scenario's start */
  readonly startMs?: number;
  /** Simulated milliseconds a tick, 100 to 1000. @default the scenario's, or 250 */
  readonly tickMs?: number;
}

/** A world at rest. Another simulator version refuses it. */
export interface WorldSnapshot {
  readonly simulatorVersion: string;
  readonly seed: string;
  readonly scenarioName: string;
  readonly startMs: number;
  readonly tickMs: number;
  readonly tick: number;
  readonly state: unknown;
}

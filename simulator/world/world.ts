/**
 * The world: market, agents and discussions under one tick.
 *
 * A pure function of seed, scenario, start, tickMs and the commands so far: no clock, no ambient randomness, no I/O.
 * Events leave in the order of (phase, entity id, sequence): sectors, index, candles, statuses, messages.
 */
import { RefusedCommandError, assertSameWorld } from "../core/errors.js";
import { schemaFiles } from "../../schemas/index.js";
import { formatInstant, instantMsMax, instantMsMin, parseInstant } from "../../schemas/instant.js";
import { Market, type MarketState } from "../market/market.js";
import { MarketRun } from "../market/market-run.js";
import { candlesBefore, openMarket } from "../market/backfill.js";
import { MarketTape } from "./market-tape.js";
import { MarketWatch } from "./market-watch.js";
import { roundPrice } from "../numeric/price.js";
import { type CompleteScenario, completeScenario } from "../scenario/complete.js";
import { createAgents, restoreAgents } from "../agents/agents.js";
import type { Agents } from "../agents/core/types.js";
import type {
  BuiltInterval,
  ClosedCandle,
  Command,
  IndexView,
  Refusal,
  SectorView,
  SimEvent,
  TickBatch,
  World,
  WorldOptions,
  WorldSnapshot,
} from "../core/types.js";
import { SIMULATOR_VERSION } from "../core/version.js";
import { closedCandle, sectorUpdate, viewSector } from "./world-events.js";

/** A new world, at tick 0. The scenario must be valid; `parseScenario` makes sure of that. */
export function createWorld(options: WorldOptions): World {
  const frame = frameOf(options);
  return new SimulatedWorld(frame, 0, openMarket(frame.seed, frame.scenario), createAgents(frame));
}

/**
 * The world as it was when the snapshot was taken; from there it goes on to the same bytes.
 *
 * @throws MismatchError when the snapshot is of another simulator version or another world
 */
export function restoreWorld(options: WorldOptions, snapshot: WorldSnapshot): World {
  const frame = frameOf(options);
  assertSameWorld("snapshot", { ...frame, scenarioName: frame.scenario.name }, snapshot);
  const state = snapshot.state as WorldState;
  const market = new Market(frame.seed, frame.scenario, state.market);
  return new SimulatedWorld(frame, snapshot.tick, market, restoreAgents(frame, state.agents));
}

interface WorldState {
  readonly market: MarketState;
  readonly agents: unknown;
}

/** What never changes in a world. */
interface Frame {
  readonly seed: string;
  readonly scenario: CompleteScenario;
  readonly startMs: number;
  readonly tickMs: number;
}

/** Simulated milliseconds a tick. Below, the model's noise is finer than a cent; above, a one-second candle could stay empty. */
export const { minimum: tickMsMin, maximum: tickMsMax } = schemaFiles["common.schema.json"].$defs.tickMs;

function frameOf({ seed, scenario: given, startMs, tickMs }: WorldOptions): Frame {
  const scenario = completeScenario(given);
  const start = startMs ?? parseInstant(scenario.start);
  if (start === undefined) throw new TypeError(`The scenario's start "${scenario.start}" is not an instant`);
  const tick = tickMs ?? scenario.tickMs;
  if (!Number.isInteger(tick) || tick < tickMsMin || tick > tickMsMax)
    throw new RangeError(`A tick is ${tickMsMin} to ${tickMsMax} whole milliseconds, not ${tick}`);
  if (!(start >= instantMsMin && start <= instantMsMax))
    throw new RangeError(`Invalid start ${start}: expected epoch milliseconds in the years 0 to 9999.`);
  return { seed, scenario, startMs: start, tickMs: tick };
}

class SimulatedWorld implements World {
  readonly seed: string;
  readonly scenario: CompleteScenario;
  readonly startMs: number;
  readonly tickMs: number;
  readonly lastTick: number;
  readonly #market: Market;
  readonly #agents: Agents;
  readonly #run: MarketRun;
  readonly #tape: MarketTape;
  readonly #watch: MarketWatch;
  #tick: number;
  #backfill: ReadonlyMap<string, readonly ClosedCandle[]> | undefined;

  constructor(frame: Frame, tick: number, market: Market, agents: Agents) {
    this.seed = frame.seed;
    this.scenario = frame.scenario;
    this.startMs = frame.startMs;
    this.tickMs = frame.tickMs;
    this.lastTick = Math.floor((instantMsMax - frame.startMs) / frame.tickMs);
    this.#tick = tick;
    this.#market = market;
    this.#agents = agents;
    this.#run = new MarketRun(market, frame, tick);
    this.#tape = new MarketTape(market, frame.scenario.cadence, frame.tickMs);
    this.#watch = new MarketWatch(market, this.#run.scenarioEvents);
  }

  get tick(): number {
    return this.#tick;
  }

  get nowMs(): number {
    return this.startMs + this.#tick * this.tickMs;
  }

  step(): TickBatch {
    if (this.#tick >= this.lastTick) throw new RangeError(`Tick ${this.lastTick} is the last one of the year 9999.`);
    const tick = ++this.#tick;
    const { nowMs } = this;
    this.#run.advance(tick);
    const events: SimEvent[] = [];
    const closedCandles: ClosedCandle[] = [];
    this.#tape.report(tick, nowMs, events, closedCandles);
    const said = this.#agents.step(this.#watch.signal(tick, nowMs));
    for (const event of said.events) events.push(event);
    return { tick, atMs: nowMs, events, closedCandles, causes: [...said.causes] };
  }

  refuses(command: Command): Refusal | null {
    switch (command.type) {
      case "createSector": {
        const { id } = command.sector;
        return this.#market.sector(id) === undefined ? null : { code: "exists", kind: "sector", id };
      }
      case "patchSector":
        return this.#refusesSector(command.id);
      case "deleteSector":
        return this.#refusesSector(command.id) ?? this.#refusesWhileUsed(command.id);
      case "createAgent":
        return this.#agents.refuses(command) ?? this.#refusesSector(command.agent.sectorId);
      case "createDiscussion":
        return this.#agents.refuses(command) ?? this.#refusesSector(command.discussion.sectorId);
      case "patchAgent":
      case "patchDiscussion":
        return this.#agents.refuses(command) ?? this.#refusesSector(command.patch.sectorId ?? undefined);
      default:
        return this.#agents.refuses(command);
    }
  }

  #refusesSector(id: string | undefined): Refusal | null {
    return id === undefined || this.#market.sector(id) !== undefined ? null : { code: "unknown", kind: "sector", id };
  }

  #refusesWhileUsed(id: string): Refusal | null {
    const agents = this.#agents.agents().filter(({ sectorId }) => sectorId === id).length;
    const discussions = this.#agents.discussions().filter(({ sectorId }) => sectorId === id).length;
    return agents + discussions === 0 ? null : { code: "inUse", kind: "sector", id, agents, discussions };
  }

  apply(command: Command): TickBatch {
    const refusal = this.refuses(command);
    if (refusal !== null)
      throw new RefusedCommandError(
        `The world refuses ${command.type}: ${refusal.code} ${refusal.kind} "${refusal.id}"`,
      );
    const head = { tick: this.#tick, atMs: this.nowMs, closedCandles: [] };
    switch (command.type) {
      case "createSector": {
        const { scenarioEvents } = this.#run;
        const sector = this.#market.add(command.sector, this.#run.marketSeconds(this.#tick), scenarioEvents);
        return { ...head, events: [sectorUpdate(sector, formatInstant(this.nowMs))], causes: [] };
      }
      case "patchSector":
        if (this.#market.sector(command.id)?.patch(command.patch) === true)
          this.#market.revise(this.#run.scenarioEvents);
        return { ...head, events: [], causes: [] };
      case "deleteSector":
        this.#market.remove(command.id);
        return { ...head, events: [], causes: [] };
      default: {
        const { events, causes } = this.#agents.apply(command, this.nowMs);
        return { ...head, events: [...events], causes: [...causes] };
      }
    }
  }

  sectors(): readonly SectorView[] {
    return this.#market.sectors.map((sector) => viewSector(sector, this.nowMs));
  }

  sector(id: string): SectorView | undefined {
    const sector = this.#market.sector(id);
    return sector && viewSector(sector, this.nowMs);
  }

  agents() {
    return this.#agents.agents();
  }

  agent(id: string) {
    return this.#agents.agent(id);
  }

  discussions() {
    return this.#agents.discussions();
  }

  discussion(id: string) {
    return this.#agents.discussion(id);
  }

  index(): IndexView {
    const { value, open, divisor } = this.#market.index;
    return { value: roundPrice(value), open: roundPrice(open), divisor };
  }

  openCandle(sectorId: string, interval: BuiltInterval): ClosedCandle | undefined {
    const sector = this.#market.sector(sectorId);
    const candle = interval === "1s" ? sector?.second : sector?.minute;
    return candle?.begun === true ? closedCandle(sectorId, interval, candle) : undefined;
  }

  backfill(): ReadonlyMap<string, readonly ClosedCandle[]> {
    this.#backfill ??= candlesBefore(this.seed, this.scenario, this.startMs);
    return this.#backfill;
  }

  snapshot(): WorldSnapshot {
    return {
      simulatorVersion: SIMULATOR_VERSION,
      seed: this.seed,
      scenarioName: this.scenario.name,
      startMs: this.startMs,
      tickMs: this.tickMs,
      tick: this.#tick,
      state: { market: this.#market.snapshot(), agents: this.#agents.snapshot() } satisfies WorldState,
    };
  }
}

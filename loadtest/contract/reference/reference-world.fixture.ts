/**
 * A small world of its own for the reference server: three sectors, four agents, two rooms. Nothing of the
 * product's simulator is in it, so that the checker is held against a second opinion.
 *
 * A tick is five simulated seconds, so that minutes close while a test looks on.
 */
export interface ReferenceSector {
  readonly id: string;
  name: string;
  value: number;
  readonly open: number;
  indexWeight: number;
  beta: number;
  idioVolatilityPercent: number;
  updatedAt: string;
  revision: number;
}

export interface ReferenceAgent {
  readonly id: string;
  name: string;
  role: string;
  sectorId?: string | undefined;
  status: string;
  statusSince: string;
  revision: number;
}

export interface ReferenceRoom {
  readonly id: string;
  title: string;
  sectorId?: string | undefined;
  readonly createdAt: string;
  revision: number;
  readonly messages: ReferenceMessage[];
}

export interface ReferenceMessage {
  readonly id: string;
  readonly discussionId: string;
  readonly content: string;
  readonly authorId: string;
  readonly authorName: string;
  readonly timestamp: string;
  readonly type: string;
}

export interface ReferenceCandle {
  readonly timestampMs: number;
  readonly open: number;
  high: number;
  low: number;
  close: number;
}

export const referenceIntervalsMs: Readonly<Record<string, number>> = {
  "1s": 1000,
  "5s": 5000,
  "1m": 60_000,
  "5m": 300_000,
  "15m": 900_000,
  "1h": 3_600_000,
  "1d": 86_400_000,
};

const tickMs = 5000;
const statuses = ["idle", "active", "processing", "error"];

export interface ReferenceWorld {
  nowMs: number;
  readonly sectors: Map<string, ReferenceSector>;
  readonly agents: Map<string, ReferenceAgent>;
  readonly rooms: Map<string, ReferenceRoom>;
  /** By sector and interval, oldest first. */
  candles(sectorId: string, interval: string): ReferenceCandle[];
  /** What changed in a tick. */
  step(): {
    readonly sectors: readonly ReferenceSector[];
    readonly agent: ReferenceAgent;
    readonly message: ReferenceMessage;
  };
}

export function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}

export function createReferenceWorld(): ReferenceWorld {
  const startMs = Date.parse("2025-01-15T10:20:00.000Z");
  const candles = new Map<string, ReferenceCandle[]>();
  let ticks = 0;

  const world: ReferenceWorld = {
    nowMs: startMs,
    sectors: new Map(),
    agents: new Map(),
    rooms: new Map(),
    candles(sectorId, interval) {
      const key = `${sectorId} ${interval}`;
      let list = candles.get(key);
      if (list === undefined) candles.set(key, (list = []));
      return list;
    },
    step() {
      ticks += 1;
      world.nowMs += tickMs;
      const at = instantOf(world.nowMs);
      for (const sector of world.sectors.values()) {
        // A saw-tooth with a step of its own for each sector: it goes up and down and never repeats soon.
        sector.value =
          Math.round((sector.open + ((ticks * (3 + sector.id.length)) % 17) - 8 + (ticks % 5) / 10) * 100) / 100;
        sector.updatedAt = at;
        for (const [interval, ms] of Object.entries(referenceIntervalsMs))
          trade(world.candles(sector.id, interval), world.nowMs - (world.nowMs % ms), sector.value);
      }
      const agents = [...world.agents.values()].filter(({ id }) => id.startsWith("agent-"));
      const agent = agents[ticks % agents.length];
      agent.status = statuses[(statuses.indexOf(agent.status) + 1) % statuses.length];
      agent.statusSince = at;
      agent.revision += 1;
      const room = [...world.rooms.values()][0];
      const message = {
        id: `msg-${ticks}`,
        discussionId: room.id,
        content: `Tick ${ticks}`,
        authorId: agent.id,
        authorName: agent.name,
        timestamp: at,
        type: "text",
      };
      room.messages.push(message);
      return { sectors: [...world.sectors.values()], agent, message };
    },
  };

  for (const [n, id] of ["tech-001", "energy-002", "health-003"].entries()) {
    world.sectors.set(id, {
      id,
      name: `Sector ${n}`,
      value: 100 + n,
      open: 100 + n,
      indexWeight: 0.3,
      beta: 1,
      idioVolatilityPercent: 10,
      updatedAt: instantOf(startMs),
      revision: 1,
    });
  }
  for (const n of [1, 2, 3, 4]) {
    world.agents.set(`agent-${n}`, {
      id: `agent-${n}`,
      name: `Agent ${n}`,
      role: "trader",
      sectorId: n === 4 ? undefined : "tech-001",
      status: "idle",
      statusSince: instantOf(startMs),
      revision: 1,
    });
  }
  for (const id of ["disc-1", "disc-2"])
    world.rooms.set(id, {
      id,
      title: `Room ${id}`,
      sectorId: "tech-001",
      createdAt: instantOf(startMs),
      revision: 1,
      messages: [],
    });
  // Some history, so that the first reader finds minutes and messages.
  for (let n = 0; n < 120; n += 1) world.step();
  return world;
}

function trade(list: ReferenceCandle[], timestampMs: number, price: number): void {
  const last = list.at(-1);
  if (last?.timestampMs === timestampMs) {
    last.high = Math.max(last.high, price);
    last.low = Math.min(last.low, price);
    last.close = price;
  } else list.push({ timestampMs, open: price, high: price, low: price, close: price });
}

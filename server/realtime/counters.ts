/**
 * What the realtime room has counted since it began. Plain numbers: metrics and tests read the same.
 *
 * Invariant: nothing is ever subtracted here; what goes up and down (connections, backlog) is asked
 * for at the moment it is read.
 */

/** Counts by name; a name appears with its first count. */
export type Counts = Readonly<Record<string, number>>;

export interface RealtimeCounters {
  /** Connections at this moment, by transport. */
  readonly connections: Counts;
  readonly connectionsOpened: number;
  /** By Engine.IO's reason, such as `transport close`. */
  readonly connectionsClosed: Counts;
  /** Handshakes refused, by reason. */
  readonly handshakesRefused: Counts;
  /** Broadcasts accepted, by event. */
  readonly events: Counts;
  /** Events handed to a subscriber's connection, by event. */
  readonly deliveries: Counts;
  readonly batches: number;
  /** Bytes of the frames of broadcasts, for all subscribers together, uncompressed. */
  readonly bytesRaw: number;
  /** The same as they left: compressed for who takes it. */
  readonly bytesOnWire: number;
  /** Connections at this moment, by how they get broadcasts: `shared`, `waiting` or `none`. */
  readonly compression: Counts;
  /** Seconds spent in writing batches to subscribers. */
  readonly fanoutSeconds: number;
  /** The longest of them. */
  readonly fanoutSecondsMax: number;
  /** Events skipped (conflated) for slow subscribers, by event. */
  readonly conflated: Counts;
  /** Connections closed because they were too slow, by reason. */
  readonly slowClosed: Counts;
  /** Subscribers who are behind at this moment. */
  readonly slow: number;
  /** The largest backlog of a subscriber seen at a tick, in bytes. */
  readonly backlogBytesMax: number;
  /** What clients sent and was not taken, by reason. */
  readonly inboundRefused: Counts;
  /** Clients who came back after a break and got what they had missed. */
  readonly recovered: number;
  /** Clients who came back after a break and started anew, by reason. */
  readonly recoveriesRefused: Counts;
}

/** A count for each name. */
export class LabelCounter {
  readonly #counts = new Map<string, number>();

  add(name: string, count = 1): void {
    if (count > 0) this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  read(): Counts {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** Where the parts of the room count. */
export class CounterSet {
  connectionsOpened = 0;
  batches = 0;
  bytesRaw = 0;
  bytesOnWire = 0;
  fanoutSeconds = 0;
  fanoutSecondsMax = 0;
  backlogBytesMax = 0;
  recovered = 0;
  readonly connectionsClosed = new LabelCounter();
  readonly handshakesRefused = new LabelCounter();
  readonly events = new LabelCounter();
  readonly deliveries = new LabelCounter();
  readonly conflated = new LabelCounter();
  readonly slowClosed = new LabelCounter();
  readonly inboundRefused = new LabelCounter();
  readonly recoveriesRefused = new LabelCounter();

  read(now: Pick<RealtimeCounters, "connections" | "compression" | "slow">): RealtimeCounters {
    return {
      ...now,
      connectionsOpened: this.connectionsOpened,
      connectionsClosed: this.connectionsClosed.read(),
      handshakesRefused: this.handshakesRefused.read(),
      events: this.events.read(),
      deliveries: this.deliveries.read(),
      batches: this.batches,
      bytesRaw: this.bytesRaw,
      bytesOnWire: this.bytesOnWire,
      fanoutSeconds: this.fanoutSeconds,
      fanoutSecondsMax: this.fanoutSecondsMax,
      conflated: this.conflated.read(),
      slowClosed: this.slowClosed.read(),
      backlogBytesMax: this.backlogBytesMax,
      inboundRefused: this.inboundRefused.read(),
      recovered: this.recovered,
      recoveriesRefused: this.recoveriesRefused.read(),
    };
  }
}

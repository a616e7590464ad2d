/**
 * The tables, as Kysely sees them. The same for SQLite and Postgres.
 *
 * What people wrote is kept as JSON text rather than in columns of its own: it is only ever read
 * whole, and JSON carries characters (U+0000, lone surrogates) that a Postgres text cannot.
 */
export interface Tables {
  timeline: TimelineTable;
  serial: SerialTable;
  message: MessageTable;
  minute_candle: MinuteCandleTable;
  backfill: BackfillTable;
  command: CommandTable;
  reply: ReplyTable;
  snapshot: SnapshotTable;
  cluster: ClusterTable;
}

/** One row, in Postgres only: the processes that share the store. */
interface ClusterTable {
  id: 1;
  /** Of the log: another timeline has another log. */
  log_id: string;
  /** Of the database that the log was begun in: in a copy it differs. */
  database_id: string;
  /** How many leaders there have been. */
  epoch: number;
  /** Digest of the control token. */
  token_digest: string;
  /** How far the leader of the epoch has decided, as text; null before a first one. */
  position: string | null;
  /** Of the position within the epoch; 0 where it is of an epoch before. */
  position_number: number;
}

/** One row: which world this is, and how far of it is stored. */
export interface TimelineTable {
  id: 1;
  seed: string;
  scenario: string;
  /** Of the scenario's content; null in a store of before 0002. */
  scenario_digest: string | null;
  simulator_version: string;
  start_ms: number;
  tick_ms: number;
  /** Everything up to and including this tick is stored. */
  last_tick: number;
  /** Of the last command, 0 without one. */
  log_sequence: number;
  /** Of the whole command log. */
  log_digest: string;
  /** See checksums.ts. */
  checksum: number;
}

/** One row: serials up to this one may have been given out. */
interface SerialTable {
  id: 1;
  reserved: number;
  /** See checksums.ts. */
  checksum: number;
}

export interface MessageTable {
  /** Order of storing over all rooms; with the room the primary key. */
  serial: number;
  room_id: string;
  id: string;
  tick: number;
  /** The posting command's sequence; null for a simulated message. */
  sequence: number | null;
  /** A `Message` as JSON. */
  body: string;
  /** See checksums.ts. */
  checksum: number;
}

export interface MinuteCandleTable {
  sector_id: string;
  at_ms: number;
  open: number;
  high: number;
  low: number;
  close: number;
  /** The tick that closed it; 0 for the backfill of a store of before 0005. Its instant would not do: a timeline's start can move. */
  tick: number;
  /** See checksums.ts. */
  checksum: number;
}

/** A sector's minute candles of the day before the start. See backfill.ts. */
export interface BackfillTable {
  sector_id: string;
  /** Of the first candle that is kept. */
  from_ms: number;
  /** The end of the last candle. */
  to_ms: number;
  /** Open, high, low and close of each candle, those that are no longer kept included, as JSON. */
  body: string;
  /** See checksums.ts. */
  checksum: number;
}

export interface CommandTable {
  sequence: number;
  after_tick: number;
  /** A `Command` as JSON. */
  body: string;
  /** Of the log up to this command. */
  digest: string;
}

export interface ReplyTable {
  key: string;
  /** The command's; null in a row of before 0003. */
  sequence: number | null;
  fingerprint: string;
  status: number;
  location: string;
  /** JSON. */
  body: string;
  /** By the wall clock: a key is kept 24 hours of the client's time, not of the simulation's. */
  kept_at_ms: number;
  /** See checksums.ts. */
  checksum: number;
}

export interface SnapshotTable {
  tick: number;
  /** A `TimelineSnapshot` as JSON. */
  body: string;
  /** Of the log up to the last command that is in it. */
  log_digest: string;
  /** See checksums.ts. */
  checksum: number;
}

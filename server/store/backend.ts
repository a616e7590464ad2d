/**
 * The database side of the store: it runs in a thread of its own, or, for `:memory:`, in the
 * thread of the ticks. Only plain values cross between it and the store's front.
 */
import type { Kysely } from "kysely";
import type { DeletedRows } from "../../schemas/index.js";
import { clearInterval, setInterval } from "../core/timers.js";
import { StartError } from "../core/errors.js";
import { DamagedRowError } from "./checksums.js";
import { type OpenDatabase, endCluster, migrate } from "./database.js";
import { type Reads, createReads } from "./reads.js";
import { StoreError } from "./store-error.js";
import type { TimelineRow } from "./log-head.js";
import type { Tables } from "./tables.js";
import { verifyRows, verifySerials, verifyTimeline } from "./verify.js";
import { Writer } from "./writer.js";
import type { Write } from "./writes.js";

/** Which world the store must be of, and where it is. */
export interface BackendOptions {
  /** A file, `:memory:`, or `postgres://…`. */
  readonly url: string;
  readonly seed: string;
  readonly scenario: string;
  readonly scenarioDigest?: string;
  readonly simulatorVersion: string;
  /** Takes a store of another world, too: `begin` deletes what is there. */
  readonly reset: boolean;
  /** Rows in one transaction. */
  readonly groupRowsMax: number;
  /** A member of a cluster opens when no other member holds the store, however long that takes. @default false */
  readonly isMember?: boolean;
}

export interface BackendEvents {
  readonly onOutage: (outage: string | null) => void;
  readonly onGivenUp: (messages: number) => void;
  /** Told of each read that fails, with the reason in one sentence. */
  readonly onReadFailed: (reason: string) => void;
  /** Told when a member holds the store, before it is open. @default nobody is */
  readonly onLocked?: () => void;
  /** Told when a member no longer holds the store; nothing can be written from then on. @default nobody is */
  readonly onLockLost?: () => void;
}

type ReadName = keyof Reads;
export type Found<Name extends ReadName> = Awaited<ReturnType<Reads[Name]>>;

export interface Backend {
  /** Serials up to this one may have been given out by earlier processes. */
  readonly reservedSerials: number;
  write(write: Write): void;
  commit(write: Write): Promise<DeletedRows | null>;
  /**
   * Sees everything that was written before, but for what an outage keeps from being written, and nothing that is not
   * settled: rejects with `StoreError` while the database may hold what was rejected and is still to be taken back, and
   * a read of the log while a command's place is still to be written.
   */
  read<Name extends ReadName>(name: Name, ...args: Parameters<Reads[Name]>): Promise<Found<Name>>;
  close(): Promise<void>;
}

export function isPostgres(url: string): boolean {
  return /^postgres(ql)?:\/\//.test(url);
}

/** Loads only the driver that is needed: the other would double the time that the thread takes to start. */
async function openDatabase({ url, isMember = false }: BackendOptions, events: BackendEvents): Promise<OpenDatabase> {
  const { onLocked = () => {}, onLockLost = () => {} } = events;
  if (isPostgres(url))
    return await (await import("./postgres.js")).openPostgres(url, isMember ? { onLocked, onLockLost } : undefined);
  return (await import("./sqlite.js")).openSqlite(url);
}

/** How often the place of the store is looked at. */
const watchMs = 500;

/** A store of another world would show a past that never was. */
export function requireSameWorld(kept: TimelineRow, options: BackendOptions): void {
  if (kept === null) return;
  const { seed, scenario, scenarioDigest = null, simulatorVersion } = options;
  if (kept.seed === seed && kept.scenario === scenario && kept.simulator_version === simulatorVersion) {
    if (scenarioDigest === null || kept.scenario_digest === null || scenarioDigest === kept.scenario_digest) return;
    throw new StartError(
      "storeUnusable",
      `Scenario ${scenario} has changed since this store was created. Restore the old scenario file, start over with the option reset, or choose another store with the option store.`,
    );
  }
  const world = (name: string, of: string, version: string): string =>
    `seed ${name}, scenario ${of}, simulator version ${version}`;
  throw new StartError(
    "storeUnusable",
    `The store holds another market (${world(kept.seed, kept.scenario, kept.simulator_version)}) than the one asked for ` +
      `(${world(seed, scenario, simulatorVersion)}). Ask for that one, delete its history with the option reset, or choose another store with the option store.`,
  );
}

interface Prepared {
  readonly timeline: TimelineRow;
  readonly reservedSerials: number;
  readonly lastMessageSerial: number;
}

/**
 * Serial of the newest message. Found room by room, along the key: there is no index of serials alone, and a look at all
 * messages takes longer with each of them.
 */
export async function findLastMessageSerial(db: Kysely<Tables>): Promise<number> {
  let last = 0;
  let roomId = "";
  for (;;) {
    const room = await db
      .selectFrom("message")
      .select("room_id")
      .where("room_id", ">", roomId)
      .orderBy("room_id")
      .limit(1)
      .executeTakeFirst();
    if (room === undefined) return last;
    roomId = room.room_id;
    const newest = await db
      .selectFrom("message")
      .select("serial")
      .where("room_id", "=", roomId)
      .orderBy("serial", "desc")
      .limit(1)
      .executeTakeFirst();
    last = Math.max(last, newest?.serial ?? 0);
  }
}

async function prepare(database: OpenDatabase, options: BackendOptions): Promise<Prepared> {
  const { writes } = database;
  try {
    await migrate(database, options.reset);
    const reservedSerials = await verifySerials(writes);
    // What is given up need not be whole.
    const timeline = options.reset ? null : await verifyTimeline(writes);
    requireSameWorld(timeline, options);
    if (!options.reset && database.isSmall) await verifyRows(writes);
    // Not before: who is refused has changed nothing.
    if (options.isMember !== true) await endCluster(database);
    return { timeline, reservedSerials, lastMessageSerial: await findLastMessageSerial(writes) };
  } catch (error) {
    throw error instanceof StartError ? error : database.refuse(error);
  }
}

/**
 * Opens the database, brings it up to date and starts its writer.
 *
 * @throws {StartError} when it cannot be used for this world
 */
export async function openBackend(options: BackendOptions, events: BackendEvents): Promise<Backend> {
  const database = await openDatabase(options, events);
  let prepared;
  try {
    prepared = await prepare(database, options);
  } catch (error) {
    await database.close();
    throw error;
  }
  const writer = new Writer(database.writes, {
    timeline: prepared.timeline,
    lastMessageSerial: prepared.lastMessageSerial,
    groupRowsMax: options.groupRowsMax,
    explain: database.explain,
    mayHaveCommitted: database.mayHaveCommitted,
    requireInPlace: database.requireInPlace,
    ...events,
  });
  // Also where nothing is written: somebody who pauses the market wants to hear of it, too.
  const watch = setInterval(() => writer.probe(), watchMs);
  watch.unref();
  const reads = createReads(database.reads);
  function requireSettled(name: ReadName): void {
    const reason = writer.unsettled() ?? (name === "commands" ? writer.misplaced() : null);
    if (reason !== null) throw new StoreError(reason);
  }

  return {
    reservedSerials: prepared.reservedSerials,
    write: (write) => writer.write(write),
    commit: (write) => writer.commit(write),
    async read<Name extends ReadName>(name: Name, ...args: Parameters<Reads[Name]>): Promise<Found<Name>> {
      await writer.drain();
      requireSettled(name);
      const read = reads[name] as (...given: Parameters<Reads[Name]>) => Promise<Found<Name>>;
      const found = await read(...args).catch((cause: unknown) => {
        const reason = cause instanceof DamagedRowError ? cause.message : database.explain(cause);
        events.onReadFailed(reason);
        throw new StoreError(reason, { cause });
      });
      // It may have seen a commit that landed meanwhile, but whose answer is still on its way, or lost.
      await writer.settle();
      requireSettled(name);
      return found;
    },
    async close() {
      clearInterval(watch);
      await writer.drain();
      writer.stop();
      await database.close();
    },
  };
}

/**
 * A Postgres database through pg: a pool for reading, and one connection for writing.
 *
 * The writing connection takes an advisory lock before its first statement, and again whenever it had
 * to be made anew. So whoever writes holds the lock, and a second process cannot write in between.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient, sql } from "kysely";
import pg from "pg";
import { StartError } from "../core/errors.js";
import { DamagedRowError } from "./checksums.js";
import type { OpenDatabase } from "./database.js";
import { LogGapError } from "./log-head.js";
import type { Tables } from "./tables.js";

/** First half of the advisory lock's key: this program. The second half is the schema. */
export const lockClass = 0x6d6178;
const connectMsMax = 10_000;
/** The server gives up a statement after this; it is longer than any here takes. */
const statementMsMax = 10_000;
/** A connection that stays silent for longer is a broken one. */
const silentMsMax = 15_000;
/**
 * The server's own watch over the writing connection. When the network between goes silently, it ends the session,
 * and with it the lock, before this side gives the old connection up and asks for the lock anew. Keep-alives see to
 * a connection at rest, the last one (milliseconds; since Postgres 12) to one with an answer on its way.
 */
const watchSql = `
  select set_config(name, value, false) from pg_settings join (values
    ('tcp_keepalives_idle', '5'), ('tcp_keepalives_interval', '3'), ('tcp_keepalives_count', '3'),
    ('tcp_user_timeout', '14000')) as wanted (name, value) using (name)`;
const readersMax = 4;

class LockedError extends Error {
  override readonly name = "LockedError";
}

/** OID of int8, which counts and instants have. They fit in a double; pg would give them as strings. */
const int8Oid = 20;
type GetTypeParser = (oid: number, format?: "text" | "binary") => unknown;
const getBuiltinParser = pg.types.getTypeParser as GetTypeParser;
const getTypeParser: GetTypeParser = (oid, format) => (oid === int8Oid ? Number : getBuiltinParser(oid, format));
const types: pg.CustomTypesConfig = { getTypeParser: getTypeParser as typeof pg.types.getTypeParser };

/** What is asked many times a second is asked again rather than waited for. */
const quickMsMax = 1500;

function createPool(url: string, max: number, isQuick = false): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    types,
    keepAlive: true,
    connectionTimeoutMillis: isQuick ? quickMsMax : connectMsMax,
    statement_timeout: isQuick ? quickMsMax : statementMsMax,
    query_timeout: isQuick ? quickMsMax : silentMsMax,
    application_name: "max-harness",
    idleTimeoutMillis: max === 1 ? 0 : 10_000,
  });
  // A connection that breaks says so by whatever query is next on it; unheard, the event would end the process.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/**
 * Every page here lies in an index in its order. Without statistics, or with those of a room that has grown since,
 * the planner would rather sort the whole room.
 */
async function readInOrder(client: pg.PoolClient): Promise<void> {
  await client.query("set enable_sort = off");
}

async function takeLock(client: pg.PoolClient): Promise<void> {
  if (!(await tryLock(client))) throw new LockedError("Another process writes to this store.");
  await client.query(watchSql);
  await readInOrder(client);
}

async function tryLock(client: pg.PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(
    "select pg_try_advisory_lock($1, hashtext(coalesce(current_schema(), ''))) as taken",
    [lockClass],
  );
  return rows[0]?.taken ?? false;
}

/** Between two attempts of a member to take the lock. A waiting lock would go to the next in the queue, dead or alive. */
const lockRetryMs = 100;

/**
 * How a member of a cluster takes the lock: it tries until it has it, and once only. With the connection the lock is
 * gone for good, as whoever takes it afterwards leads.
 */
function createLockOnce(onLocked: () => void): (client: pg.PoolClient) => Promise<void> {
  let isSpent = false;
  return async (client) => {
    if (isSpent) throw new LockedError("This member of the cluster does not hold the store any more.");
    await client.query(watchSql);
    while (!(await tryLock(client))) await sleep(lockRetryMs);
    isSpent = true;
    onLocked();
    await readInOrder(client);
  };
}

/** The sessions that hold the lock of the schema that these reads are of. */
const lockHolders = sql`pg_locks where locktype = 'advisory' and granted and classid = ${lockClass}
  and objid = hashtext(coalesce(current_schema(), ''))::oid
  and database = (select oid from pg_database where datname = current_database())`;

export async function isLockHeld(reads: Kysely<Tables>): Promise<boolean> {
  const { rows } = await sql`select pid from ${lockHolders}`.execute(reads);
  return rows.length > 0;
}

/** Ends the session that holds the lock, unless an epoch after this one has begun in the log. */
export async function endLockHolder(reads: Kysely<Tables>, epoch: number, logId: string): Promise<boolean> {
  const { rows } = await sql`
    select pg_terminate_backend(pid) from ${lockHolders}
    and exists (select 1 from cluster where log_id = ${logId} and epoch <= ${epoch})`.execute(reads);
  return rows.length > 0;
}

/** Of the database and schema that these reads are of. A copy of either has another one; a physical copy of the server has not. */
export async function findDatabaseId(reads: Kysely<Tables>): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    select concat_ws(':', system_identifier, oid, current_schema()) as id
    from pg_control_system(), pg_database where datname = current_database()`.execute(reads);
  return rows[0]?.id ?? "";
}

/**
 * The pool as Kysely uses it. Before its first use a connection is `prepared`; one that failed to
 * answer in time is closed rather than given to the next user with a query still under way.
 */
function toKyselyPool(pool: pg.Pool, prepare: (client: pg.PoolClient) => Promise<void>): PostgresPool {
  const prepared = new WeakSet<pg.PoolClient>();
  return {
    async connect() {
      const client = await pool.connect();
      let isBroken = false;
      try {
        if (!prepared.has(client)) await prepare(client);
      } catch (error) {
        client.release(true);
        throw error;
      }
      prepared.add(client);
      async function query(sql: string, parameters: readonly unknown[]): Promise<pg.QueryResult> {
        try {
          return await client.query(sql, [...parameters]);
        } catch (error) {
          // What the server itself refuses carries a SQLSTATE and leaves the connection usable.
          isBroken ||= !(error instanceof pg.DatabaseError);
          throw error;
        }
      }
      return { query, release: () => client.release(isBroken) } as unknown as PostgresPoolClient;
    },
    end: () => pool.end(),
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function explain(error: unknown): string {
  if (error instanceof LockedError || error instanceof LogGapError) return error.message;
  const code = codeOf(error);
  if (code === "53100") return "The disk of the database is full.";
  if (code === "" || code.startsWith("E") || code.startsWith("08") || code.startsWith("57"))
    return "The database cannot be reached.";
  return `The database failed (${code}).`;
}

/** The server's own refusal says that it has not, unless it was shutting down; a connection that broke says nothing. */
function mayHaveCommitted(error: unknown): boolean {
  if (error instanceof LogGapError) return false;
  return !(error instanceof pg.DatabaseError) || /^(?:08|57)/.test(codeOf(error));
}

/** The address without what must not be shown. */
function describe(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

function refuse(url: string, cause: unknown): StartError {
  const where = describe(url);
  if (cause instanceof DamagedRowError || codeOf(cause).startsWith("42P") || codeOf(cause) === "42703") {
    const reason =
      cause instanceof DamagedRowError ? cause.message : "The store is damaged: its tables are incomplete.";
    return new StartError(
      "storeUnusable",
      `Postgres at ${where}: ${reason} Restore a backup, delete its history with the option reset, or choose another store with the option store.`,
      { cause },
    );
  }
  if (cause instanceof LockedError) {
    return new StartError(
      "storeUnusable",
      `The store at ${where} is in use by another process. Stop that one, or choose another store with the option store.`,
      {
        cause,
      },
    );
  }
  const code = codeOf(cause);
  if (code.startsWith("28") || code === "3D000" || code === "3F000" || code === "42501") {
    const message = cause instanceof Error ? cause.message : code;
    return new StartError(
      "storeUnusable",
      `Postgres at ${where} rejected the login: ${message}. Check the connection string in the option store.`,
      { cause },
    );
  }
  return new StartError(
    "storeUnusable",
    `Postgres at ${where} cannot be reached. Start it, or choose another store with the option store.`,
    { cause },
  );
}

/** Connections that fail soon, beside those of a store. */
export function openQuickly(url: string): Pick<OpenDatabase, "reads" | "close"> {
  const pool = createPool(url, 2, true);
  const reads = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: toKyselyPool(pool, readInOrder) }) });
  return { reads, close: () => pool.end() };
}

export interface LockEvents {
  readonly onLocked: () => void;
  readonly onLockLost: () => void;
}

/**
 * Opens a Postgres database in the schema that the address leads to.
 *
 * @param member where this is a member of a cluster: told when it has the lock, and when it no longer has
 * @throws {StartError} when it cannot be reached or is in use
 */
export async function openPostgres(url: string, member?: LockEvents): Promise<OpenDatabase> {
  const readers = createPool(url, readersMax);
  const writer = createPool(url, 1);
  if (member !== undefined) writer.on("remove", member.onLockLost);
  const lock = member === undefined ? takeLock : createLockOnce(member.onLocked);
  const reads = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: toKyselyPool(readers, readInOrder) }) });
  const writes = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: toKyselyPool(writer, lock) }) });
  async function close(): Promise<void> {
    await Promise.allSettled([readers.end(), writer.end()]);
  }
  try {
    const { rows } = await readers.query<{ schema: string | null }>("select current_schema() as schema");
    const migrationSchema = rows[0]?.schema ?? undefined;
    return {
      reads,
      writes,
      migrationSchema,
      isSmall: false,
      requireInPlace: () => {},
      explain,
      mayHaveCommitted,
      isSchemaRace: (error) => codeOf(error) === "3F000",
      refuse: (cause) => refuse(url, cause),
      close,
    };
  } catch (error) {
    await close();
    throw refuse(url, error);
  }
}

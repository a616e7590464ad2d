/**
 * A SQLite database through libsql: one connection that holds the file for itself.
 *
 * `locking_mode=EXCLUSIVE` is the one-writer lock: the operating system lets go of it with the process,
 * so a killed server leaves nothing to clear away. It also keeps the WAL index out of shared memory.
 */
import { closeSync, fstatSync, mkdirSync, openSync, readSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { isAnyArrayBuffer } from "node:util/types";
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement } from "kysely";
import Database from "libsql";
import { StartError } from "../core/errors.js";
import { DamagedRowError } from "./checksums.js";
import type { OpenDatabase } from "./database.js";
import type { Tables } from "./tables.js";

interface SqliteFailure extends Error {
  readonly code: string;
}

function isSqliteFailure(error: unknown): error is SqliteFailure {
  return (
    error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("SQLITE_")
  );
}

/** Somebody removed, replaced, cut or overwrote a file of the store while it was open. */
class DisplacedFileError extends Error {
  override readonly name = "DisplacedFileError";
}

/** Why a write or read failed, in one sentence that shows no path: it goes to whoever called the API. */
function explain(error: unknown): string {
  if (error instanceof DisplacedFileError) return error.message;
  if (!isSqliteFailure(error)) return "The store failed.";
  if (error.code.startsWith("SQLITE_FULL")) return "The disk of the store is full.";
  if (error.code.startsWith("SQLITE_BUSY") || error.code.startsWith("SQLITE_LOCKED"))
    return "Another process holds the file of the store.";
  if (error.code.startsWith("SQLITE_READONLY")) return "The file of the store cannot be written.";
  if (error.code.startsWith("SQLITE_CORRUPT") || error.code.startsWith("SQLITE_NOTADB"))
    return "The file of the store is damaged.";
  return `The file of the store cannot be used (${error.code}).`;
}

/** The refusal to start, with the way out. */
function refuse(file: string, cause: unknown): StartError {
  const code = isSqliteFailure(cause) ? cause.code : ((cause as NodeJS.ErrnoException).code ?? "");
  const elsewhere = "choose another file with the option store";
  if (cause instanceof DamagedRowError || code === "SQLITE_ERROR") {
    const reason =
      cause instanceof DamagedRowError ? cause.message : "The store is damaged: its tables are incomplete.";
    return new StartError(
      "storeUnusable",
      `${file}: ${reason} It was left as it is: restore a backup, delete its history with the option reset, or ${elsewhere}.`,
      { cause },
    );
  }
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return new StartError(
      "storeUnusable",
      `The store ${file} is in use by another process; stop that one, or ${elsewhere}.`,
      { cause },
    );
  }
  if (code.startsWith("SQLITE_CORRUPT") || code.startsWith("SQLITE_NOTADB")) {
    return new StartError(
      "storeUnusable",
      `The store ${file} is damaged or no SQLite file; it was left as it is: move it away, or ${elsewhere}.`,
      { cause },
    );
  }
  if (code.startsWith("SQLITE_FULL")) {
    return new StartError("storeUnusable", `The disk of the store ${file} is full; make room, or ${elsewhere}.`, {
      cause,
    });
  }
  return new StartError(
    "storeUnusable",
    `The store ${file} cannot be opened${code === "" ? "" : ` (${code})`}; make it writable, or ${elsewhere}.`,
    { cause },
  );
}

/**
 * Files up to this size are verified as a whole at the start: about 70 ms of CPU time for each MiB. A demo store has 2 MiB
 * after an hour, and about 5 after eight.
 */
const smallBytesMax = 8 * 1024 * 1024;

function isSmall(file: string): boolean {
  return file === ":memory:" || statSync(file).size <= smallBytesMax;
}

/** A damaged page is found at the start rather than by whoever first reads it; in a large file by whoever reads it. */
function requireSoundPages(database: Database.Database): void {
  const [first] = database.pragma("integrity_check(1)") as { integrity_check: string }[];
  if (first?.integrity_check !== "ok")
    throw Object.assign(new Error(first?.integrity_check), { code: "SQLITE_CORRUPT" });
}

const magic = Buffer.from("SQLite format 3\0");

interface Watch {
  /** Throws a `DisplacedFileError` where the files at the path are not those that are open, or have lost something. */
  requireInPlace(): void;
  close(): void;
}

/** Looks after a database file and its log. SQLite looks at neither: it would go on writing to files without a name. */
function watchFile(file: string): Watch {
  // Closed after the database only: whoever closes any descriptor of a file gives up the process's locks on it.
  const descriptor = openSync(file, "r");
  const head = Buffer.alloc(magic.length);
  let sizes = { main: 0, log: 0 };
  let logInode: number | undefined;

  function check(): void {
    const opened = fstatSync(descriptor);
    const main = statSync(file, { throwIfNoEntry: false });
    const log = statSync(`${file}-wal`, { throwIfNoEntry: false });
    if (main === undefined) throw new DisplacedFileError("The file of the store was removed; restart the server.");
    if (main.ino !== opened.ino || main.dev !== opened.dev)
      throw new DisplacedFileError("The file of the store was replaced; restart the server.");
    if (log?.ino !== (logInode ?? log?.ino))
      throw new DisplacedFileError("The write-ahead log of the store was removed or replaced; restart the server.");
    // Neither is ever cut short while it is open.
    const isCut = main.size < sizes.main || (log?.size ?? 0) < sizes.log;
    if (main.size > 0) readSync(descriptor, head, 0, head.length, 0);
    if (isCut || (main.size > 0 && !head.equals(magic)))
      throw new DisplacedFileError("The file of the store was overwritten; restart the server.");
    sizes = { main: main.size, log: log?.size ?? 0 };
    logInode = log?.ino;
  }

  return { requireInPlace: check, close: () => closeSync(descriptor) };
}

/** How long an opening waits for another one of the same file, which takes milliseconds. */
const turnMsMax = 10_000;

/**
 * Runs `open` while no other process opens the same file.
 *
 * SQLite goes from a shared lock to the exclusive one. Two that open a file at once may both get the shared lock, and
 * then neither gets the other. So each first takes the write lock of an empty database beside the file. That file
 * stays: if it were deleted, somebody might wait for the deleted one while another makes it anew.
 */
function inTurn<Opened>(file: string, open: () => Opened): Opened {
  const turns = new Database(`${file}-lock`);
  try {
    turns.exec(`PRAGMA busy_timeout = ${turnMsMax}; BEGIN IMMEDIATE`);
    try {
      return open();
    } finally {
      turns.exec("COMMIT");
    }
  } finally {
    turns.close();
  }
}

function openFile(file: string): Database.Database {
  if (file === ":memory:") return openExclusively(file);
  mkdirSync(dirname(file), { recursive: true });
  return inTurn(file, () => openExclusively(file));
}

function openExclusively(file: string): Database.Database {
  const database = new Database(file);
  try {
    database.pragma("locking_mode = EXCLUSIVE");
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    database.exec("BEGIN IMMEDIATE; COMMIT");
    if (isSmall(file)) requireSoundPages(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(value: unknown): unknown {
  if (typeof value !== "object") return value;
  if (!isAnyArrayBuffer(value) && !ArrayBuffer.isView(value)) return value;
  try {
    return utf8.decode(value as ArrayBuffer);
  } catch (cause) {
    throw Object.assign(new Error("text that is not UTF-8", { cause }), { code: "SQLITE_CORRUPT" });
  }
}

/** A query whose texts are read as bytes: the library ends the process at the first one that is not valid UTF-8. */
function withCheckedTexts(database: Database.Database, sql: string): SqliteStatement {
  const statement = database.prepare(sql);
  if (!statement.reader || !/^\s*select\b/i.test(sql)) return statement;
  const names = statement.columns().map(({ name }) => name);
  const quoted = names.map((name) => `"${name.replaceAll('"', '""')}"`);
  const values = quoted.map((name) => `iif(typeof(${name}) = 'text', cast(${name} as blob), ${name}) as ${name}`);
  // As arrays: the library makes objects slowly, and slow ones.
  const query = database.prepare(`select ${values.join(", ")} from (${sql})`).raw();
  const toRow = (fields: unknown): unknown => {
    const row: Record<string, unknown> = {};
    for (let at = 0; at < names.length; at++) row[names[at]!] = textOf((fields as readonly unknown[])[at]);
    return row;
  };
  return {
    reader: true,
    all: (parameters) => query.all(parameters).map(toRow),
    run: (parameters) => query.run(parameters),
    *iterate(parameters) {
      for (const fields of query.iterate(parameters)) yield toRow(fields);
    },
  };
}

/** Statements that are kept, the last used ones: those of a tick's writes, of a long insertion, and of the pages. */
const keptMax = 30;

/**
 * The database as Kysely sees it. A statement is kept for the next time: to prepare the insertion of a few hundred rows
 * takes longer than to carry it out.
 *
 * A full disk or an I/O error rolls the transaction back by itself. Kysely's own rollback would then fail,
 * and its complaint would hide what had happened.
 */
function asKyselyDatabase(database: Database.Database): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>();
  return {
    prepare(sql) {
      if (sql === "rollback" && !database.inTransaction) return database.prepare("select 1");
      const statement = kept.get(sql) ?? withCheckedTexts(database, sql);
      kept.delete(sql);
      kept.set(sql, statement);
      const [oldest] = kept.keys();
      if (kept.size > keptMax) kept.delete(oldest!);
      return statement;
    },
    close: () => void database.close(),
  };
}

/**
 * Opens a file, or `:memory:`.
 *
 * @throws {StartError} when the file is damaged, held by another process or cannot be written; it is never replaced
 */
export function openSqlite(file: string): OpenDatabase {
  let database: Database.Database;
  try {
    database = openFile(file);
  } catch (error) {
    throw refuse(file, error);
  }
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: asKyselyDatabase(database) }) });
  const watch = file === ":memory:" ? null : watchFile(file);
  return {
    reads: db,
    writes: db,
    migrationSchema: undefined,
    isSmall: isSmall(file),
    requireInPlace: () => watch?.requireInPlace(),
    explain,
    // Frames that could not be flushed may be on the disk all the same, and count after a restart.
    isSchemaRace: () => false,
    mayHaveCommitted: (error) =>
      error instanceof DisplacedFileError || (isSqliteFailure(error) && error.code.startsWith("SQLITE_IOERR")),
    refuse: (cause) => refuse(file, cause),
    async close() {
      await db.destroy();
      watch?.close();
    },
  };
}

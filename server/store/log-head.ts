/**
 * The timeline's row and the end of the command log, as one transaction changes them.
 *
 * Invariant: after `save` the row names the last command and has the checksum of all that is in it. What the writer
 * holds in memory is the state of the last transaction that was committed.
 */
import type { Transaction } from "kysely";
import { checksums, emptyLogDigest, logDigest } from "./checksums.js";
import type { CommandTable, Tables, TimelineTable } from "./tables.js";

/** A command does not follow the last one that is stored: commands that were durable are gone. */
export class LogGapError extends Error {
  override readonly name = "LogGapError";

  constructor(last: number, next: number) {
    super(`The store ends with command ${last} and cannot take command ${next}: it has lost what lay between.`);
  }
}

/** The timeline's row; null before a timeline begins. */
export type TimelineRow = Omit<TimelineTable, "checksum"> | null;

export class LogHead {
  readonly #trx: Transaction<Tables>;
  #row: TimelineRow;
  #sequence: number;
  #digest: string;
  #isChanged = false;

  constructor(trx: Transaction<Tables>, row: TimelineRow) {
    this.#trx = trx;
    this.#row = row;
    this.#sequence = row?.log_sequence ?? 0;
    this.#digest = row?.log_digest ?? emptyLogDigest;
  }

  get row(): TimelineRow {
    return this.#row;
  }

  /** Of the last command. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Of the log up to a command that is written; where there is no such command, of an empty log. */
  async digestAt(sequence: number): Promise<string> {
    if (sequence === this.#sequence) return this.#digest;
    const command = this.#trx.selectFrom("command").select("digest").where("sequence", "=", sequence);
    return (await command.executeTakeFirst())?.digest ?? emptyLogDigest;
  }

  /** The row of a command that becomes the last one. @throws {LogGapError} where the one before it is missing */
  async add(command: Omit<CommandTable, "digest">): Promise<CommandTable> {
    if (command.sequence > this.#sequence + 1) throw new LogGapError(this.#sequence, command.sequence);
    const digest = logDigest(await this.digestAt(command.sequence - 1), command);
    this.#sequence = command.sequence;
    this.#digest = digest;
    this.#isChanged = true;
    return { ...command, digest };
  }

  change(changes: Partial<NonNullable<TimelineRow>>): void {
    if (this.#row === null) return;
    this.#row = { ...this.#row, ...changes };
    this.#isChanged = true;
  }

  /** Another timeline, whose row is written already. */
  begin(row: NonNullable<TimelineRow>): void {
    this.#row = row;
    this.#sequence = row.log_sequence;
    this.#digest = row.log_digest;
    this.#isChanged = false;
  }

  /** Looks up the last command, after some were deleted. */
  async findLast(): Promise<void> {
    const last = await this.#trx
      .selectFrom("command")
      .select(["sequence", "digest"])
      .orderBy("sequence", "desc")
      .limit(1)
      .executeTakeFirst();
    this.#sequence = last?.sequence ?? 0;
    this.#digest = last?.digest ?? emptyLogDigest;
    this.#isChanged = true;
  }

  /** Writes the timeline's row, if it has changed. */
  async save(): Promise<void> {
    if (this.#row === null || !this.#isChanged) return;
    this.#row = { ...this.#row, log_sequence: this.#sequence, log_digest: this.#digest };
    const sealed = { ...this.#row, checksum: checksums.timeline(this.#row) };
    await this.#trx.updateTable("timeline").set(sealed).execute();
    this.#isChanged = false;
  }
}

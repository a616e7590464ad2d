/**
 * Checksums of what is stored: damage of the disk, or of a hand, is found when a row is read, and nothing of it is used.
 *
 * Each row has a checksum of its own. Commands have a digest that chains them: it covers the command and all before it.
 * So a snapshot that names the digest at its place is an anchor: what is played from there is verified as it is read,
 * at a cost that does not grow with the log.
 */
import { hash } from "node:crypto";
import { crc32 } from "node:zlib";
import type {
  BackfillTable,
  CommandTable,
  MessageTable,
  MinuteCandleTable,
  ReplyTable,
  SnapshotTable,
  TimelineTable,
} from "./tables.js";

/** A stored row that is not as it was written. */
export class DamagedRowError extends Error {
  override readonly name = "DamagedRowError";

  constructor(what: string) {
    super(`The store is damaged: ${what}.`);
  }
}

type Unsealed<Row> = Omit<Row, "checksum">;

function checksumOf(...values: readonly (string | number | null)[]): number {
  return crc32(JSON.stringify(values));
}

export const checksums = {
  timeline: (row: Unsealed<TimelineTable>): number =>
    checksumOf(
      row.id,
      row.seed,
      row.scenario,
      row.scenario_digest,
      row.simulator_version,
      row.start_ms,
      row.tick_ms,
      row.last_tick,
      row.log_sequence,
      row.log_digest,
    ),
  serial: (reserved: number): number => checksumOf(reserved),
  message: (row: Unsealed<MessageTable>): number =>
    checksumOf(row.room_id, row.serial, row.id, row.tick, row.sequence, row.body),
  candle: (row: Unsealed<MinuteCandleTable>): number =>
    checksumOf(row.sector_id, row.at_ms, row.open, row.high, row.low, row.close, row.tick),
  backfill: (row: Unsealed<BackfillTable>): number => checksumOf(row.sector_id, row.from_ms, row.to_ms, row.body),
  reply: (row: Unsealed<ReplyTable>): number =>
    checksumOf(row.key, row.sequence, row.fingerprint, row.status, row.location, row.body, row.kept_at_ms),
  snapshot: (row: Unsealed<SnapshotTable>): number => checksumOf(row.tick, row.log_digest, row.body),
} as const;

/** Of a log without commands. */
export const emptyLogDigest = "";

/** Of a log up to this command; `before` is the digest up to the one before it. */
export function logDigest(before: string, row: Omit<CommandTable, "digest">): string {
  return hash("sha256", JSON.stringify([before, row.sequence, row.after_tick, row.body]), "base64url");
}

/**
 * @param what the row, as a sentence names it
 * @throws {DamagedRowError} where the checksum is another one
 */
export function requireIntact(isIntact: boolean, what: string): void {
  if (!isIntact) throw new DamagedRowError(`${what} is not as it was written`);
}

/** @throws {DamagedRowError} where a command does not follow from the one before it */
export function requireChain(
  rows: readonly CommandTable[],
  { sequence, digest }: { readonly sequence: number; readonly digest: string },
): void {
  let expected = sequence + 1;
  let before = digest;
  for (const row of rows) {
    requireIntact(row.sequence === expected && row.digest === logDigest(before, row), `command ${expected} of the log`);
    expected += 1;
    before = row.digest;
  }
}

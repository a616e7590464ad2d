/**
 * What application code of the members broadcasts: each once, in the log's order.
 *
 * Own ones that the log has not given back are appended again where the connection to Redis broke. While there is none
 * they are bounded; beyond that the oldest ones are dropped and counted.
 */
import type { ContractEvent } from "../../schemas/index.js";
import type { BroadcastEntry } from "./entry.js";
import { encodeEntry } from "./entry-text.js";

/** How long one waits for a connection, milliseconds. */
const waitMsMax = 10_000;
/** All that wait, as text of the stream. */
const bytesMax = 1_048_576;

interface Waiting {
  readonly entry: BroadcastEntry;
  readonly sinceMs: number;
}

export class Broadcasts {
  readonly #member: string;
  #number = 0;
  /** The number of the last one that was given back, by member. */
  protected readonly seen = new Map<string, number>();
  #waiting: Waiting[] = [];
  #dropped = 0;
  /** Of those whose size was looked at: without a connection, all of them. */
  readonly #bytes = new Map<BroadcastEntry, number>();
  #bytesTotal = 0;

  /** @param member the own one */
  constructor(member: string) {
    this.#member = member;
  }

  /** How many were given up. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Those that the log has not given back. */
  get waiting(): readonly BroadcastEntry[] {
    return this.#waiting.map(({ entry }) => entry);
  }

  add(events: readonly ContractEvent[], nowMs: number): BroadcastEntry {
    this.#number += 1;
    const entry: BroadcastEntry = { kind: "broadcast", member: this.#member, number: this.#number, events };
    this.#waiting.push({ entry, sinceMs: nowMs });
    return entry;
  }

  /** The log has given it back. @returns whether for the first time */
  take({ member, number }: BroadcastEntry): boolean {
    if (number <= (this.seen.get(member) ?? 0)) return false;
    this.seen.set(member, number);
    if (member === this.#member) while ((this.#waiting[0]?.entry.number ?? Infinity) <= number) this.#shift();
    return true;
  }

  /** Drops what is beyond the bounds. */
  trim(nowMs: number): void {
    for (let at = this.#waiting.length - 1; at >= 0 && !this.#bytes.has(this.#waiting[at]!.entry); at--) {
      const { entry } = this.#waiting[at]!;
      const bytes = Buffer.byteLength(encodeEntry(entry));
      this.#bytes.set(entry, bytes);
      this.#bytesTotal += bytes;
    }
    while (this.#waiting.length > 0 && (this.#bytesTotal > bytesMax || nowMs - this.#waiting[0]!.sinceMs > waitMsMax)) {
      this.#shift();
      this.#dropped += 1;
    }
  }

  #shift(): void {
    const { entry } = this.#waiting.shift()!;
    this.#bytesTotal -= this.#bytes.get(entry) ?? 0;
    this.#bytes.delete(entry);
  }
}

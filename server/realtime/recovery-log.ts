/**
 * What was broadcast lately, in its order and under the names that the ordered log gives it: `t4711.3` is the fourth
 * event of tick 4711, `c12.0` the first one of command 12, `m5f.7.0` of the 7th broadcast of the member 5f. All
 * processes have the same names, so a place in the stream can be found again in any of them.
 *
 * A list whose elements lead to the next: whoever has found a place finds everything after it, whatever has been
 * dropped meanwhile.
 */
import type { WirePacket } from "./wire-batch.js";

export interface RecoveryLogOptions {
  /** How long after a break a client may come back. @default 120_000 */
  readonly breakMsMax: number;
  /** Events kept. @default 100_000 */
  readonly eventsMax: number;
  /** Milliseconds on a clock that never runs backwards. */
  readonly nowMs: () => number;
}

export const recoveryLogDefaults = { breakMsMax: 120_000, eventsMax: 100_000 } as const;

interface LoggedBatch {
  readonly name: string;
  readonly atMs: number;
  /** Undefined where it was broadcast before this process was there. */
  packets: readonly WirePacket[] | undefined;
  next: LoggedBatch | undefined;
}

/** Behind an event of the log. */
export interface LogPlace {
  readonly batch: LoggedBatch;
  /** Of the event in its batch. */
  readonly index: number;
}

export function offsetOf(name: string, index: number): string {
  return `${name}.${index}`;
}

export class RecoveryLog {
  readonly #options: RecoveryLogOptions;
  readonly #named = new Map<string, LoggedBatch>();
  #first: LoggedBatch | undefined;
  #last: LoggedBatch | undefined;
  #events = 0;

  constructor(options: RecoveryLogOptions) {
    this.#options = options;
  }

  /** The place of the last event, if there is one. */
  get offset(): string | undefined {
    const last = this.#last;
    return last && offsetOf(last.name, Math.max(0, (last.packets?.length ?? 1) - 1));
  }

  /** Takes in what is broadcast now. @param packets undefined for what was broadcast before this process was there */
  append(name: string, packets: readonly WirePacket[] | undefined): void {
    if (packets?.length === 0) return;
    const batch: LoggedBatch = { name, atMs: this.#options.nowMs(), packets, next: undefined };
    if (this.#last === undefined) this.#first = batch;
    else this.#last.next = batch;
    this.#last = batch;
    this.#named.set(name, batch);
    this.#events += packets?.length ?? 1;
    this.#cut();
  }

  /** Tells what was broadcast before this process was there. */
  fill(packetsOf: (name: string) => readonly WirePacket[] | undefined): void {
    for (let batch = this.#first; batch !== undefined; batch = batch.next) {
      if (batch.packets !== undefined) continue;
      batch.packets = packetsOf(batch.name);
      this.#events += (batch.packets?.length ?? 1) - 1;
    }
  }

  /** Where the event with this offset is; undefined when it was never broadcast, or too long ago. */
  find(offset: string): LogPlace | undefined {
    const dot = offset.lastIndexOf(".");
    const batch = this.#named.get(offset.slice(0, dot));
    const index = Number.parseInt(offset.slice(dot + 1), 10);
    const isEvent = batch !== undefined && index >= 0 && index < (batch.packets?.length ?? Number.POSITIVE_INFINITY);
    return isEvent && offsetOf(batch.name, index) === offset ? { batch, index } : undefined;
  }

  clear(): void {
    this.#named.clear();
    this.#first = undefined;
    this.#last = undefined;
    this.#events = 0;
  }

  /** Drops what is too old or too much. */
  #cut(): void {
    const { breakMsMax, eventsMax, nowMs } = this.#options;
    const oldestMs = nowMs() - breakMsMax;
    // Whoever has had a batch as its last was there until the next one.
    for (let first = this.#first; first?.next !== undefined; first = first.next) {
      if (first.next.atMs >= oldestMs && this.#events <= eventsMax) break;
      this.#first = first.next;
      this.#events -= first.packets?.length ?? 1;
      if (this.#named.get(first.name) === first) this.#named.delete(first.name);
    }
  }
}

/** The name of the first batch from the place on that was broadcast before this process was there and is not known. */
export function unknownAfter({ batch }: LogPlace): string | undefined {
  let next: LoggedBatch | undefined = batch;
  while (next !== undefined && next.packets !== undefined) next = next.next;
  return next?.name;
}

/** Everything behind the place. All of it must be known. */
export function packetsAfter({ batch, index }: LogPlace): WirePacket[] {
  const packets = (batch.packets ?? []).slice(index + 1);
  for (let next = batch.next; next !== undefined; next = next.next)
    for (const packet of next.packets ?? []) packets.push(packet);
  return packets;
}

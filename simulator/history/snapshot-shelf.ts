/**
 * Snapshots by tick, as JSON text, thinned so that their number stays below a limit.
 *
 * As bytes, one a character, they lie outside the garbage collector's heap: as strings they grow old there, and a
 * month's resident memory with them. What is dropped is written over by what comes next, as the collector, to which a
 * buffer looks small, leaves dropped ones where they are for days.
 *
 * They lie on a grid. When they become too many the grid's spacing doubles; the last few stay on the finest grid,
 * because people go back a little far more often than far. Finding one takes O(log n).
 */
const wideUnits = /[\u0100-\uffff]/g;
/** As many arguments as a call takes on any engine. */
const unitsMax = 8192;
/** Buffers are multiples of it, so that a snapshot that has grown a little still fits. */
const pageBytes = 4096;

/** Writes into the spare buffer if there is one and it is large enough. */
function toBytes(snapshot: unknown, spare: ArrayBufferLike | undefined): Uint8Array {
  const text = JSON.stringify(snapshot).replace(wideUnits, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  const fits = spare !== undefined && spare.byteLength >= text.length;
  const buffer = fits ? spare : new ArrayBuffer((Math.floor((text.length - 1) / pageBytes) + 1) * pageBytes);
  const bytes = new Uint8Array(buffer, 0, text.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

function fromBytes(bytes: Uint8Array): unknown {
  let text = "";
  for (let from = 0; from < bytes.length; from += unitsMax)
    text += String.fromCharCode(...bytes.subarray(from, from + unitsMax));
  return JSON.parse(text);
}

export class SnapshotShelf<Snapshot> {
  readonly #everyTicks: number;
  readonly #max: number;
  #spacingTicks: number;
  /** In tick order. */
  #ticks: number[] = [];
  #kept: Uint8Array[] = [];
  readonly #spare: ArrayBufferLike[] = [];

  constructor(everyTicks: number, max: number) {
    this.#everyTicks = everyTicks;
    this.#spacingTicks = everyTicks;
    this.#max = max;
  }

  get size(): number {
    return this.#ticks.length;
  }

  get bytes(): number {
    return this.#kept.reduce((sum, text) => sum + text.length, 0);
  }

  /** True when a snapshot of this tick has a place and is not there. */
  wants(tick: number): boolean {
    return tick % this.#everyTicks === 0 && tick > (this.#ticks.at(-1) ?? -1);
  }

  put(tick: number, snapshot: Snapshot): void {
    this.#ticks.push(tick);
    this.#kept.push(toBytes(snapshot, this.#spare.pop()));
    this.#thin();
  }

  /** The latest one of this tick or before. */
  before(tick: number): Snapshot | undefined {
    const bytes = this.#kept[this.#firstAfter(tick) - 1];
    return bytes === undefined ? undefined : (fromBytes(bytes) as Snapshot);
  }

  dropAfter(tick: number): void {
    this.#keepOnly((kept) => kept <= tick);
  }

  #firstAfter(tick: number): number {
    let low = 0;
    let high = this.#ticks.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#ticks[middle]! <= tick) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #thin(): void {
    const recent = Math.floor(this.#max / 8) * this.#everyTicks;
    const latest = this.#ticks.at(-1) ?? 0;
    // One that has left the recent stretch and lies off the grid goes at once.
    const leaving = this.#firstAfter(latest - recent) - 1;
    const leavingTick = this.#ticks[leaving];
    if (leaving > 0 && leavingTick !== undefined && leavingTick % this.#spacingTicks !== 0)
      this.#keepOnly((tick) => tick !== leavingTick);
    if (this.#ticks.length <= this.#max) return;
    this.#spacingTicks *= 2;
    this.#keepOnly((tick) => tick % this.#spacingTicks === 0 || tick > latest - recent);
  }

  #keepOnly(stays: (tick: number) => boolean): void {
    const ticks = this.#ticks;
    for (const [position, tick] of ticks.entries()) if (!stays(tick)) this.#spare.push(this.#kept[position]!.buffer);
    this.#kept = this.#kept.filter((_, position) => stays(ticks[position]!));
    this.#ticks = ticks.filter(stays);
  }
}

/**
 * The command log: what people did, and between which ticks. With seed, scenario and start it gives the session again.
 *
 * It grows for as long as people post, so nothing here needs all of it at once.
 */
import type { LoggedCommand, TickBatch, World } from "../core/types.js";

/** One batch of a replay. */
export interface Played {
  readonly batch: TickBatch;
  /** The command that made it; absent for a tick's own. */
  readonly entry?: LoggedCommand;
}

/**
 * Moves a world on to `toTick`, applying the log's commands in their places, and yields every batch on the way.
 * Those after `toTick`, the present one included, are applied when they are due and never early; one that is due
 * already, at once. Where the log yields undefined, its next entry is not there yet: so does the replay, and then
 * asks for it again.
 *
 * @param afterSequence entries up to this one are applied already: a snapshot can lie between two commands of one tick
 */
export function playLog(
  world: World,
  log: Iterable<LoggedCommand>,
  toTick: number,
  afterSequence?: number,
): Generator<Played, void, undefined>;
export function playLog(
  world: World,
  log: Iterable<LoggedCommand | undefined>,
  toTick: number,
  afterSequence?: number,
): Generator<Played | undefined, void, undefined>;
export function* playLog(
  world: World,
  log: Iterable<LoggedCommand | undefined>,
  toTick: number,
  afterSequence: number = 0,
): Generator<Played | undefined, void, undefined> {
  const entries = log[Symbol.iterator]();
  let next = entries.next();
  for (;;) {
    for (; next.done !== true; next = entries.next()) {
      const entry = next.value;
      if (entry === undefined) yield entry;
      else if (entry.sequence > afterSequence) {
        if (entry.afterTick > world.tick) break;
        yield { batch: world.apply(entry.command), entry };
      }
    }
    if (world.tick >= toTick) return;
    yield { batch: world.step() };
  }
}

/** A log that is read page by page. It yields undefined where the next page is missing. */
export class PagedLog implements Iterable<LoggedCommand | undefined> {
  #page: readonly LoggedCommand[] = [];
  #at = 0;
  #last: number;
  #isWhole: boolean;

  /** @param isWhole whether there is nothing after `afterSequence` */
  constructor(afterSequence: number, isWhole: boolean) {
    this.#last = afterSequence;
    this.#isWhole = isWhole;
  }

  /** The sequence after which the next page begins; undefined while none is missing. */
  get wantsAfter(): number | undefined {
    return this.#isWhole || this.#at < this.#page.length ? undefined : this.#last;
  }

  /** Adds the next page. An empty one ends the log. */
  add(page: readonly LoggedCommand[]): void {
    if (this.wantsAfter === undefined) throw new Error("The command log was given a page that it did not ask for");
    this.#page = page;
    this.#at = 0;
    this.#last = page.at(-1)?.sequence ?? this.#last;
    this.#isWhole = page.length === 0;
  }

  *[Symbol.iterator](): Generator<LoggedCommand | undefined, void, undefined> {
    while (!this.#isWhole) yield this.#at < this.#page.length ? this.#page[this.#at++] : undefined;
  }
}

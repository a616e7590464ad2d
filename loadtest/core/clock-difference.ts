/**
 * How far a server's clock is ahead of this machine's, bounded by the `Date` header of its answers.
 *
 * An answer says that the server's clock was in [Date, Date + 1 s) at some instant between sending and
 * receiving; the bounds are the intersection of all answers. Asked just when the header is about to change,
 * each further answer halves them. Answers that contradict each other mean that a clock was moved: then the
 * bounds enclose both.
 */

export interface DateReading {
  /** What the header says, milliseconds since 1970. */
  readonly dateMs: number;
  /** How old the header may be already, beside its resolution of a second. */
  readonly keptMs: number;
  /** This machine's wall clock, no later than the request left and no earlier than the answer came. */
  readonly sentMs: number;
  readonly receivedMs: number;
}

/** The server's clock minus this machine's, milliseconds. */
export interface ClockBounds {
  readonly lowMs: number;
  readonly highMs: number;
}

const secondMs = 1000;

/** Many servers renew the header by a timer of their own, whenever that is in the second: it is so much late at most. */
export const lateMsMax = 1000;
/** Those of them that say who they are. */
const lateRenewal = /uvicorn|kestrel|fasthttp|undertow/i;

/** Undefined where the answer has no `Date` header that can be read. */
export function readDate(headers: Headers, sentMs: number, receivedMs: number): DateReading | undefined {
  const dateMs = Date.parse(headers.get("date") ?? "");
  const keptMs = lateRenewal.test(headers.get("server") ?? "") ? lateMsMax : 0;
  return Number.isNaN(dateMs) ? undefined : { dateMs, keptMs, sentMs, receivedMs };
}

function enclose(a: ClockBounds, b: ClockBounds): ClockBounds {
  return { lowMs: Math.min(a.lowMs, b.lowMs), highMs: Math.max(a.highMs, b.highMs) };
}

export class ClockDifference {
  readings = 0;
  #keptMs = 0;
  #current: ClockBounds | undefined;
  /** What was believed before a clock was moved. */
  #former: ClockBounds | undefined;

  add({ dateMs, keptMs, sentMs, receivedMs }: DateReading): void {
    this.readings += 1;
    this.#keptMs = keptMs;
    const said = { lowMs: dateMs - receivedMs, highMs: dateMs + secondMs + keptMs - sentMs };
    const known = this.#current ?? said;
    const both = { lowMs: Math.max(known.lowMs, said.lowMs), highMs: Math.min(known.highMs, said.highMs) };
    if (both.lowMs <= both.highMs) {
      this.#current = both;
      return;
    }
    this.#former = enclose(this.#former ?? known, known);
    this.#current = said;
  }

  /** Undefined before the first reading. */
  get bounds(): ClockBounds | undefined {
    if (this.#current === undefined || this.#former === undefined) return this.#current;
    return enclose(this.#current, this.#former);
  }

  /** How long from this instant of the wall clock until the header changes, as far as that is known. */
  untilChangeMs(wallMs: number): number {
    if (this.#current === undefined) return 0;
    const aheadMs = (this.#current.lowMs + this.#current.highMs - this.#keptMs) / 2;
    const intoSecondMs = (((wallMs + aheadMs) % secondMs) + secondMs) % secondMs;
    return secondMs - intoSecondMs;
  }
}

/**
 * The controller's clock on an agent's host, bounded by round trips over the whole run.
 *
 * Conversions use the middle of the bounds (`ClockBounds`, which trusts clocks to drift by little). What is stated as
 * uncertain trusts them with less: between two round trips, each the fastest of its half second, a clock may do what it
 * likes as long as it does it in one direction, and drift a little against that. Every conversion of that time is
 * compared with all that these two allow for. A clock that is moved during the run is in what is stated, so.
 *
 * Invariant: no instant that was converted within `inUseMs` of it is off by more than `uncertaintyMs`, up to the last
 * window that was closed.
 */
import { ClockBounds, type ClockReading, type Difference } from "../../simulator/index.js";

/** Of clocks that a time server corrects, against each other: 200 ppm each way. */
export const driftMax = 2e-4;
/** An instant is converted as long before or after it as that: the stream is planned two seconds ahead. */
const inUseMs = 4000;

interface Span extends Difference {
  readonly fromMs: number;
  readonly toMs: number;
}

interface Estimate {
  readonly fromMs: number;
  toMs: number;
  readonly aheadMs: number;
}

function widthOf({ sentMs, receivedMs }: ClockReading): number {
  return receivedMs - sentMs;
}

export class HostClock {
  readonly #bounds = new ClockBounds(driftMax);
  /** The fastest round trip since the last window, and of the last window. */
  #fastest: ClockReading | undefined;
  #before: ClockReading | undefined;
  #estimates: Estimate[] = [];
  #spans: Span[] = [];
  #uncertaintyMs = 0;
  #aheadMs = Number.NaN;
  #halfWidthMs = Infinity;

  /** False before the first window. */
  get isBounded(): boolean {
    return !Number.isNaN(this.#aheadMs);
  }

  add(reading: ClockReading): void {
    this.#bounds.add(reading);
    if (this.#fastest === undefined || widthOf(reading) < widthOf(this.#fastest)) this.#fastest = reading;
  }

  /** To be called every half second: what has come since counts from now on. */
  closeWindow(nowMs: number): void {
    const fastest = this.#fastest;
    if (fastest === undefined) return;
    this.#addSpan(this.#before ?? fastest, fastest);
    this.#before = fastest;
    this.#fastest = undefined;
    const { lowMs, highMs } = this.#bounds.at(nowMs);
    this.#aheadMs = (lowMs + highMs) / 2;
    this.#halfWidthMs = (highMs - lowMs) / 2;
    const last = this.#estimates.at(-1);
    if (last !== undefined) last.toMs = nowMs;
    const estimate = { fromMs: nowMs, toMs: Infinity, aheadMs: this.#aheadMs };
    this.#estimates.push(estimate);
    this.#estimates = this.#estimates.filter(({ toMs }) => nowMs - toMs <= 2 * inUseMs);
    for (const span of this.#spans) this.#compare(estimate, span);
  }

  /** Forgets what was uncertain so far: the measured time begins. */
  begin(): void {
    this.#uncertaintyMs = 0;
    for (const span of this.#spans) for (const estimate of this.#estimates) this.#compare(estimate, span);
  }

  /** By how much instants that were converted may be off, either way. */
  get uncertaintyMs(): number {
    return this.#uncertaintyMs;
  }

  /** By how much what is converted now may be off. */
  get marginMs(): number {
    return Math.max(this.#uncertaintyMs, this.#halfWidthMs);
  }

  readonly toOwn = (controllerMs: number): number => controllerMs - this.#aheadMs;

  readonly toController = (ownMs: number): number => ownMs + this.#aheadMs;

  #addSpan(before: ClockReading, after: ClockReading): void {
    const fromMs = before.sentMs;
    const toMs = after.receivedMs;
    const driftMs = (toMs - fromMs) * driftMax;
    const lowMs = Math.min(before.otherMs - before.receivedMs, after.otherMs - after.receivedMs) - driftMs;
    const highMs = Math.max(before.otherMs - before.sentMs, after.otherMs - after.sentMs) + driftMs;
    const span = { fromMs, toMs, lowMs, highMs };
    for (const estimate of this.#estimates) this.#compare(estimate, span);
    this.#spans.push(span);
    this.#spans = this.#spans.filter((one) => toMs - one.toMs <= inUseMs);
  }

  #compare({ fromMs, toMs, aheadMs }: Estimate, span: Span): void {
    const isInUse = fromMs - inUseMs <= span.toMs && toMs + inUseMs >= span.fromMs;
    if (isInUse) this.#uncertaintyMs = Math.max(this.#uncertaintyMs, span.highMs - aheadMs, aheadMs - span.lowMs);
  }
}

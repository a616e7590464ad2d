/**
 * Plays ticks in time against an injected clock.
 *
 * Every tick has an intended instant, anchor + (tick - anchor's tick) * interval, and is run as soon as possible
 * after it. Late by a second or less it catches up, tick by tick, and the intended instants stay; later than that
 * (a laptop slept, or the speed is beyond reach) it sets a new anchor and counts a slip. Speed changes when ticks
 * run and never what they yield. Between slices of ten milliseconds it gives way, so I/O never starves.
 */
import type { Clock } from "./clock.js";

export interface PacerOptions {
  readonly clock: Clock;
  /** Simulated milliseconds a tick. */
  readonly tickMs: number;
  /** Simulated seconds a second; above 0. @default 1 */
  readonly speed?: number;
  /** The tick that the world has already reached. @default 0 */
  readonly fromTick?: number;
  /** No tick is run after it. @default there is no last one */
  readonly lastTick?: number;
  /** Runs one tick. If it throws, the pacer pauses and the error goes on to the clock's caller. */
  readonly runTick: () => void;
  /** Told after play, pause, a change of speed, a slip and the last tick. */
  readonly onChange?: () => void;
  /** Asked before a tick is run in time: where it says no, the tick waits a little. @default yes */
  readonly mayRun?: () => boolean;
}

/** How another process paces the same ticks. */
export interface FollowedPace {
  readonly playing: boolean;
  readonly speed: number;
  readonly slips: number;
  readonly anchors: readonly Anchor[];
}

/** From `fromTick` on, tick t is intended at monotonicNs + (t - fromTick) * intervalNs, until the next anchor. */
export interface Anchor {
  readonly fromTick: number;
  readonly monotonicNs: bigint;
  readonly intervalNs: number;
}

export interface Pacer {
  readonly playing: boolean;
  /** True after the last tick: nothing plays any more before a `rebase`. */
  readonly ended: boolean;
  /** The last tick that was run. */
  readonly tick: number;
  readonly speed: number;
  /** Simulated seconds a second, measured over the last second or the last eight ticks of play; 0 while paused. */
  readonly speedAchieved: number;
  /** The last 32, oldest first. */
  readonly anchors: readonly Anchor[];
  readonly slips: number;
  /** How long after its intended instant a tick is run; undefined where it has none: while paused, or in `step`. */
  lateNs(tick: number, nowNs: bigint): number | undefined;
  play(): void;
  pause(): void;
  setSpeed(speed: number): void;
  /** Pauses, then runs this many ticks at once, the last one at most. */
  step(ticks: number): void;
  /** Pauses and goes on from another tick: the world has been moved. The anchors of before are forgotten. */
  rebase(tick: number): void;
  /** Shows another process's pace and runs nothing, until `lead`. */
  follow(pace: FollowedPace): void;
  /** Runs the ticks after this one itself, at the instants that were followed. */
  lead(tick: number): void;
}

/** How long a tick waits that may not run yet. */
const heldMs = 2;
/** Later than this, catching up would replay a pause that nobody saw. */
const lateNsMax = 1_000_000_000n;
const sliceNs = 10_000_000n;
const anchorsMax = 32;
/**
 * Shortest stretch over which a speed is measured: a second, and so many tick intervals that one tick which comes
 * late, as on a busy machine, does not look like a lower speed.
 */
const measureNsMin = 1_000_000_000;
const measureIntervalsMin = 8;

export function createPacer(options: PacerOptions): Pacer {
  return new ClockPacer(options);
}

class ClockPacer implements Pacer {
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #runTick: PacerOptions["runTick"];
  readonly #onChange: () => void;
  readonly #mayRun: () => boolean;
  readonly #lastTick: number;
  #tick: number;
  #speed: number;
  #playing = false;
  #slips = 0;
  #anchors: Anchor[] = [];
  #cancel: () => void = () => {};
  #measuredFrom: { readonly tick: number; readonly ns: bigint } = { tick: 0, ns: 0n };
  #measured: number | undefined;

  constructor(options: PacerOptions) {
    const { clock, tickMs, speed = 1, fromTick = 0, lastTick = Infinity, runTick, onChange = () => {} } = options;
    const { mayRun = () => true } = options;
    assertSpeed(speed);
    this.#clock = clock;
    this.#tickMs = tickMs;
    this.#runTick = runTick;
    this.#onChange = onChange;
    this.#mayRun = mayRun;
    this.#tick = fromTick;
    this.#lastTick = lastTick;
    this.#speed = speed;
  }

  get playing(): boolean {
    return this.#playing;
  }

  get ended(): boolean {
    return this.#tick >= this.#lastTick;
  }

  get tick(): number {
    return this.#tick;
  }

  get speed(): number {
    return this.#speed;
  }

  get speedAchieved(): number {
    if (!this.#playing) return 0;
    return this.#measured ?? this.#speed;
  }

  get anchors(): readonly Anchor[] {
    return [...this.#anchors];
  }

  get slips(): number {
    return this.#slips;
  }

  lateNs(tick: number, nowNs: bigint): number | undefined {
    return this.#playing ? Number(nowNs - this.#dueNs(tick)) : undefined;
  }

  play(): void {
    if (this.#playing || this.ended) return;
    this.#playing = true;
    this.#dropAnchor();
    this.#wait();
    this.#onChange();
  }

  pause(): void {
    if (!this.#playing) return;
    this.#stop();
    this.#onChange();
  }

  setSpeed(speed: number): void {
    assertSpeed(speed);
    this.#speed = speed;
    if (this.#playing) {
      this.#cancel();
      this.#dropAnchor();
      this.#wait();
    }
    this.#onChange();
  }

  step(ticks: number): void {
    this.pause();
    for (let done = 0; done < ticks && !this.ended; done++) this.#run();
  }

  rebase(tick: number): void {
    this.pause();
    this.#tick = tick;
    this.#anchors = [];
  }

  follow({ playing, speed, slips, anchors }: FollowedPace): void {
    this.#cancel();
    this.#playing = playing;
    this.#speed = speed;
    this.#slips = slips;
    this.#anchors = [...anchors];
    this.#measured = undefined;
    this.#onChange();
  }

  lead(tick: number): void {
    this.#tick = tick;
    this.#measuredFrom = { tick, ns: this.#clock.nowNs() };
    if (this.#playing) this.#wait();
  }

  #stop(): void {
    this.#playing = false;
    this.#cancel();
  }

  #run(): void {
    this.#tick += 1;
    this.#runTick();
  }

  /** The next tick is due one interval from now. */
  #dropAnchor(): void {
    const ns = this.#clock.nowNs();
    this.#anchors.push({ fromTick: this.#tick, monotonicNs: ns, intervalNs: (this.#tickMs * 1e6) / this.#speed });
    if (this.#anchors.length > anchorsMax) this.#anchors.shift();
    this.#measuredFrom = { tick: this.#tick, ns };
    this.#measured = undefined;
  }

  #dueNs(tick: number): bigint {
    const anchor = this.#anchors.at(-1)!;
    return anchor.monotonicNs + BigInt(Math.round((tick - anchor.fromTick) * anchor.intervalNs));
  }

  #wait(): void {
    const aheadNs = Number(this.#dueNs(this.#tick + 1) - this.#clock.nowNs());
    this.#cancel = this.#clock.schedule(() => this.#wake(), Math.max(this.#mayRun() ? 0 : heldMs, aheadNs / 1e6));
  }

  #wake(): void {
    const { tick } = this;
    const slips = this.#slips;
    const sliceEndsNs = this.#clock.nowNs() + sliceNs;
    try {
      for (let nowNs = sliceEndsNs - sliceNs; this.#playing && nowNs < sliceEndsNs; nowNs = this.#clock.nowNs()) {
        const lateNs = nowNs - this.#dueNs(this.#tick + 1);
        if (lateNs < 0n || !this.#mayRun()) break;
        if (lateNs > lateNsMax) this.#slip();
        else this.#run();
        if (this.ended) this.pause();
      }
    } catch (error) {
      this.pause();
      throw error;
    }
    if (!this.#playing) return;
    // Timers fire early, too: between two ticks a part of an interval would count without its tick.
    if (this.tick !== tick || this.#slips !== slips) this.#measure();
    this.#wait();
  }

  /** Leaves the lost time behind: the tick that should have come long ago comes one interval from now. */
  #slip(): void {
    this.#slips += 1;
    const measured = this.#measured;
    const from = this.#measuredFrom;
    this.#dropAnchor();
    // The lost time counts in the speed that was achieved.
    this.#measuredFrom = from;
    this.#measured = measured;
    this.#onChange();
  }

  #measure(): void {
    const nowNs = this.#clock.nowNs();
    const { tick, ns } = this.#measuredFrom;
    const elapsedNs = Number(nowNs - ns);
    const intervalNs = (this.#tickMs * 1e6) / this.#speed;
    if (elapsedNs < Math.max(measureNsMin, measureIntervalsMin * intervalNs)) return;
    this.#measured = ((this.#tick - tick) * this.#tickMs * 1e6) / elapsedNs;
    this.#measuredFrom = { tick: this.#tick, ns: nowNs };
  }
}

function assertSpeed(speed: number): void {
  if (!(speed > 0) || speed === Infinity) throw new RangeError(`A speed must be above 0 and finite, not ${speed}`);
}

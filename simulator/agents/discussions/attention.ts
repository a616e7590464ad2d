/**
 * When a room says something: a Hawkes process, driven by the market and by its own messages.
 *
 * The intensity is a base rate, plus what earlier messages provoke, plus what scenario events provoke; the
 * last two fade exponentially. It is integrated from tick to tick, and a message is due whenever the
 * integral has grown by another exponential threshold (time rescaling): exact at the grid of the ticks,
 * and one random number a message instead of one a tick. At most one message is due at a tick; when more
 * have piled up the others follow at the next ticks, so that none is lost.
 *
 * Invariant: nothing here depends on who speaks or on what is said.
 */
import { exp, log } from "../../numeric/exp-log.js";
import { type Stream, type StreamState, createStream, restoreStream } from "../../random/stream.js";
import type { Occasion, Trigger } from "../core/triggers.js";

interface LiveTrigger {
  readonly trigger: Trigger;
  /** Messages a second that it provokes now; fades. */
  rate: number;
  /** Multiple of the base rate that it adds until `endsMs`. */
  factor: number;
  readonly endsMs: number;
  /** Messages that it has caused. */
  said: number;
}

/** Laws of a room's attention. */
export interface AttentionLaw {
  /** Mean messages a second at average activity, answers included. */
  readonly perSecond: number;
  /** Branching ratio. */
  readonly answersPerMessage: number;
  readonly attentionSeconds: number;
  readonly tickSeconds: number;
}

export interface AttentionState {
  readonly echo: number;
  readonly progress: number;
  readonly threshold: number;
  readonly triggers: readonly LiveTrigger[];
  readonly stream: StreamState;
}

/** Rates below this are nothing: less than one message in a year of attention. */
const rateMin = 1e-9;
/** More things than this at a time nobody can talk about: the weakest is forgotten. */
const triggersMax = 16;

export class Attention {
  readonly #base: number;
  readonly #fade: number;
  /** Turns expected messages into the rate of the first tick. */
  readonly #perMessage: number;
  readonly #answers: number;
  readonly #tickSeconds: number;
  readonly #stream: Stream;
  #triggers: LiveTrigger[];
  /** Messages a second that earlier messages provoke. */
  #echo: number;
  /** Integral of the intensity since the last message. */
  #progress: number;
  #threshold: number;

  constructor(law: AttentionLaw, state: Omit<AttentionState, "stream">, stream: Stream) {
    this.#tickSeconds = law.tickSeconds;
    this.#fade = exp(-law.tickSeconds / law.attentionSeconds);
    this.#perMessage = (1 - this.#fade) / law.tickSeconds;
    this.#answers = law.answersPerMessage;
    this.#base = law.perSecond * (1 - law.answersPerMessage);
    this.#stream = stream;
    this.#echo = state.echo;
    this.#progress = state.progress;
    this.#threshold = state.threshold;
    this.#triggers = state.triggers.map((live) => ({ ...live }));
  }

  /**
   * A room that has been talking for long: it begins with the echo that it has on average.
   *
   * The first message never waits for longer than the mean time between two, so that nobody looks at a silent room.
   */
  static begin(law: AttentionLaw, seed: string, roomId: string): Attention {
    const stream = createStream(seed, "discussion", roomId, "attention");
    const echo = law.perSecond * law.answersPerMessage;
    return new Attention(law, { echo, progress: 0, threshold: stream.uniform(), triggers: [] }, stream);
  }

  static restored(law: AttentionLaw, state: AttentionState): Attention {
    return new Attention(law, state, restoreStream(state.stream));
  }

  /**
   * Lets the room talk about something.
   *
   * @param messages expected at once, answers not counted
   * @param factor multiple of the base rate that is added until `endsMs`; below zero the room falls silent
   */
  trigger(trigger: Trigger, messages: number, factor = 0, endsMs = 0): void {
    this.#triggers.push({ trigger, rate: messages * this.#perMessage, factor, endsMs, said: 0 });
    if (this.#triggers.length > triggersMax) this.#triggers.splice(this.#weakest(), 1);
  }

  /** Ends what a room has to say about a kind of thing: in a sector, or everywhere. */
  forget(kind: string, sectorId: string | undefined): void {
    this.#triggers = this.#triggers.filter(
      ({ trigger }) => trigger.kind !== kind || (sectorId !== undefined && trigger.sectorId !== sectorId),
    );
  }

  #weakest(): number {
    let weakest = 0;
    let lowest = Infinity;
    for (const [i, { rate, factor }] of this.#triggers.entries()) {
      const strength = rate + factor * this.#base;
      if (strength >= lowest) continue;
      lowest = strength;
      weakest = i;
    }
    return weakest;
  }

  /** One tick. Returns why a message is due, or undefined. */
  advance(activity: number, nowMs: number): Occasion | undefined {
    const routine = this.#base * activity;
    const intensity = routine + this.#echo + this.#triggerRate(routine, nowMs);
    this.#progress += intensity * this.#tickSeconds;
    if (this.#progress < this.#threshold) {
      this.#fadeOut();
      return undefined;
    }
    this.#progress -= this.#threshold;
    this.#threshold = -log(this.#stream.uniform());
    const occasion = this.#attribute(this.#stream.uniform() * intensity, routine);
    this.#fadeOut();
    this.#echo += this.#answers * this.#perMessage;
    return occasion;
  }

  #triggerRate(routine: number, nowMs: number): number {
    let sum = 0;
    for (let i = this.#triggers.length - 1; i >= 0; i -= 1) {
      const live = this.#triggers[i]!;
      if (nowMs >= live.endsMs) {
        live.factor = 0;
        if (live.rate < rateMin) this.#triggers.splice(i, 1);
      }
      sum += live.rate + live.factor * routine;
    }
    return sum;
  }

  /** Whose share of the intensity a point falls into: in a sum of processes that is who caused the arrival. */
  #attribute(point: number, routine: number): Occasion {
    let rest = point - this.#echo;
    if (rest < 0) return { kind: "reply" };
    for (const live of this.#triggers) {
      rest -= live.rate + live.factor * routine;
      if (rest < 0) return { kind: "trigger", trigger: live.trigger, said: live.said++ };
    }
    return { kind: "routine" };
  }

  #fadeOut(): void {
    this.#echo = this.#echo < rateMin ? 0 : this.#echo * this.#fade;
    for (const live of this.#triggers) live.rate *= this.#fade;
  }

  state(): AttentionState {
    return {
      echo: this.#echo,
      progress: this.#progress,
      threshold: this.#threshold,
      triggers: this.#triggers.map((live) => ({ ...live })),
      stream: this.#stream.state(),
    };
  }
}

/**
 * Brings what arrived to the screen, at most once an animation frame.
 *
 * What arrived is written to plain maps and rings first, which ask for a flush; one frame runs all flushes in one
 * batch, so each component is drawn at most once a frame however many events came. A hidden tab gets no
 * frames: what arrives there only overwrites, and the first frame after its return shows the present.
 */
import { batch, type ReadonlySignal, signal } from "@preact/signals";
import { attempt } from "./attempt.js";

const intakes = new Set<() => void>();
const waiting = new Set<() => void>();
let requested = false;

function request(): void {
  if (requested) return;
  requested = true;
  requestAnimationFrame(drain);
}

function drain(): void {
  for (const intake of intakes) attempt(intake);
  intakes.clear();
  requested = false;
  const flushes = [...waiting];
  waiting.clear();
  batch(() => {
    for (const flush of flushes) attempt(flush);
  });
}

/** Runs `intake` in the next frame, before what is flushed there; asking twice with the same function runs it once. */
export function beforeNextFrame(intake: () => void): void {
  intakes.add(intake);
  request();
}

/** Runs `flush` in the next frame; asking twice with the same function runs it once. */
export function atNextFrame(flush: () => void): void {
  waiting.add(flush);
  request();
}

/** A value that may change any number of times between two frames, and a signal that changes once. */
export interface Framed<Value> {
  /** As drawn. */
  readonly shown: ReadonlySignal<Value>;
  /** As it is. */
  readonly now: Value;
  set(value: Value): void;
}

/** @example const speed = framed(1); speed.set(2); // speed.shown.value is 2 from the next frame on */
export function framed<Value>(initial: Value): Framed<Value> {
  const shown = signal(initial);
  let now = initial;
  function flush(): void {
    shown.value = now;
  }
  return {
    shown,
    get now() {
      return now;
    },
    set(value) {
      now = value;
      atNextFrame(flush);
    },
  };
}

/**
 * A generator as whoever gives it orders sees it, wherever it runs: in this process, in one of its own, or on another host.
 *
 * Invariant: one that fails tells so once, and nothing afterwards.
 */
import type { FromGenerator, GeneratorConfig, ToGenerator } from "./protocol.js";

export interface GeneratorHandle {
  send(message: ToGenerator): void;
  /** Ends it at once, unless it has reported and its subscribers stay for the next run. */
  kill(): void;
}

export type GeneratorListener = (message: FromGenerator) => void;

/** Where a generator can be started. */
export interface GeneratorSlot {
  /** The generator in messages: `a generator`, with its host where it is another one. */
  readonly name: string;
  start(config: GeneratorConfig, listen: GeneratorListener): GeneratorHandle;
}

/**
 * The digest of an event stream: D_n = hash(D_{n-1} + line of event n), where the line is `eventLine`'s.
 *
 * D_0 = hash("max-harness simulator " + version), so streams of two versions never agree by chance of being empty.
 * The hash is injected: the simulator has none, and only who wants a digest pays for it.
 */
import { MismatchError } from "../core/errors.js";
import { eventLine } from "../core/event-line.js";
import type { TickBatch } from "../core/types.js";
import { SIMULATOR_VERSION } from "../core/version.js";

export interface StreamDigestOptions {
  /** SHA-256 of a text, as 64 hexadecimal digits. */
  readonly hash: (text: string) => string;
  /** Goes on where another digest stopped. */
  readonly state?: StreamDigestState;
}

/** A digest at rest, as plain JSON. */
export interface StreamDigestState {
  readonly simulatorVersion: string;
  readonly value: string;
  readonly events: number;
}

export interface StreamDigest {
  observe(batch: TickBatch): void;
  /** 64 hexadecimal digits. */
  readonly value: string;
  /** Events taken in so far. */
  readonly events: number;
  state(): StreamDigestState;
}

/** @throws MismatchError when the state is of another simulator version */
export function createStreamDigest({ hash, state }: StreamDigestOptions): StreamDigest {
  if (state !== undefined && state.simulatorVersion !== SIMULATOR_VERSION)
    throw new MismatchError("digest", "simulatorVersion", SIMULATOR_VERSION, state.simulatorVersion);
  let value = state?.value ?? hash(`max-harness simulator ${SIMULATOR_VERSION}`);
  let events = state?.events ?? 0;

  return {
    observe(batch) {
      for (const event of batch.events) {
        value = hash(value + eventLine(batch, event));
        events += 1;
      }
    },
    get value() {
      return value;
    },
    get events() {
      return events;
    },
    state: () => ({ simulatorVersion: SIMULATOR_VERSION, value, events }),
  };
}

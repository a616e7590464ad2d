/**
 * The digest of an event stream: D_n = hash(D_{n-1} + line of event n), where the line is `eventLine`'s.
 *
 * D_0 = hash("max-harness simulator " + version), so streams of two versions never agree by chance of being empty.
 * An entity's digest begins with hash(D_0 + " " + its id) and takes in its own events only.
 * The hash is injected: the simulator has none, and only who wants a digest pays for it.
 */
import { MismatchError } from "./errors.js";
import { eventLine } from "./event-line.js";
import type { TickBatch } from "./types.js";
import { SIMULATOR_VERSION } from "./version.js";

export interface StreamDigestOptions {
  /** SHA-256 of a text, as 64 hexadecimal digits. */
  readonly hash: (text: string) => string;
  /** Keeps a digest for each entity, too, at the price of a second hash for each event. @default false */
  readonly entities?: boolean;
  /** Goes on where another digest stopped. */
  readonly state?: StreamDigestState;
}

/** A digest at rest, as plain JSON. */
export interface StreamDigestState {
  readonly simulatorVersion: string;
  readonly value: string;
  readonly events: number;
  readonly entities?: readonly (readonly [id: string, value: string])[];
}

export interface StreamDigest {
  observe(batch: TickBatch): void;
  /** 64 hexadecimal digits. */
  readonly value: string;
  /** Events taken in so far. */
  readonly events: number;
  /** The digest of a sector, agent, discussion or of "index"; undefined before its first event, or where none is kept. */
  entity(id: string): string | undefined;
  /** The entities that have had an event, in id order. */
  entityIds(): readonly string[];
  state(): StreamDigestState;
}

/** @throws MismatchError when the state is of another simulator version */
export function createStreamDigest({ hash, entities = false, state }: StreamDigestOptions): StreamDigest {
  if (state !== undefined && state.simulatorVersion !== SIMULATOR_VERSION)
    throw new MismatchError("digest", "simulatorVersion", SIMULATOR_VERSION, state.simulatorVersion);
  const first = hash(`max-harness simulator ${SIMULATOR_VERSION}`);
  const byEntity = new Map(state?.entities);
  let value = state?.value ?? first;
  let events = state?.events ?? 0;

  return {
    observe(batch) {
      for (const event of batch.events) {
        const line = eventLine(batch, event);
        value = hash(value + line);
        events += 1;
        if (entities)
          byEntity.set(event.entity, hash((byEntity.get(event.entity) ?? hash(`${first} ${event.entity}`)) + line));
      }
    },
    get value() {
      return value;
    },
    get events() {
      return events;
    },
    entity: (id) => byEntity.get(id),
    entityIds: () => [...byEntity.keys()].sort(),
    state: () => ({
      simulatorVersion: SIMULATOR_VERSION,
      value,
      events,
      ...(entities && { entities: [...byEntity] }),
    }),
  };
}

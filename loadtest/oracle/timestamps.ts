/**
 * When an event left its server, by its own word: the `timestamp` in its payload.
 *
 * Only of events whose timestamp is the instant of emission. A candle's is the start of its bucket, and a
 * status carries none.
 */
import { eventNameOf } from "./content.js";

export interface EmissionTimestamp {
  /** Milliseconds since 1970, on the server's clock; finer digits are not read. */
  readonly wallMs: number;
  /** Without a fraction of a second, or with one that is zero. */
  readonly isWholeSecond: boolean;
}

type Payload = { readonly timestamp?: unknown; readonly message?: { readonly timestamp?: unknown } | null } | null;

const readers: Readonly<Record<string, (payload: Payload) => unknown>> = {
  "market:update": (payload) => payload?.timestamp,
  "discussion:new_message": (payload) => payload?.message?.timestamp,
};

/** Without a zone it could be any instant of a day. */
const withZone = /T.*(?:Z|[+-]\d{2}:?\d{2})$/i;

/** Undefined where the event has no such timestamp, or it cannot be read. */
export function readEmissionTimestamp(text: string): EmissionTimestamp | undefined {
  const name = eventNameOf(text);
  if (!Object.hasOwn(readers, name)) return undefined;
  let timestamp: unknown;
  try {
    const [, payload] = JSON.parse(text) as [string, Payload];
    timestamp = readers[name]!(payload);
  } catch {
    return undefined;
  }
  if (typeof timestamp !== "string" || !withZone.test(timestamp)) return undefined;
  const wallMs = Date.parse(timestamp);
  return Number.isNaN(wallMs) ? undefined : { wallMs, isWholeSecond: !/\.\d*[1-9]/.test(timestamp) };
}

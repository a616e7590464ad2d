/** What the generator knows of a subscriber, thin or real. */
import type { StreamMatcher } from "../oracle/stream-matcher.js";
import type { ProtocolViolation } from "./protocol-violation.js";

export interface SubscriberEvents {
  connected(subscriber: Subscriber, atMs: number): void;
  /** The subscription never came to be. */
  refused(subscriber: Subscriber, reason: string): void;
  /** The subscription ended without being asked to. */
  dropped(subscriber: Subscriber, reason: string): void;
  /** The server broke a protocol; after a fatal violation the subscriber is refused or dropped, too. */
  violated(subscriber: Subscriber, violation: ProtocolViolation): void;
}

export type SubscriberKind = "thin" | "websocket" | "polling";

export interface Subscriber {
  readonly kind: SubscriberKind;
  readonly matcher: StreamMatcher;
  open(): void;
  /** Ends the subscription by plan. */
  close(): void;
  /** Stops and resumes reading, as a slow reader does. */
  pause(): void;
  resume(): void;
  /** Whether the server kept up its heartbeat. */
  isAlive(nowMs: number): boolean;
}

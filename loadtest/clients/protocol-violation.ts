/**
 * What no server may send: every way in which a frame, a packet or a handshake breaks its protocol.
 *
 * A violation is reported like a content fault, with the layer in place of the event, so that it is counted and shown
 * with everything else that breaks the contract.
 */
import type { ContentFault } from "../oracle/content.js";

export interface ProtocolViolation {
  readonly fault: ContentFault;
  /** Whether a stock client closes the connection for it; otherwise it ignores what it got, and so do we. */
  readonly isFatal: boolean;
}

type Layer = "HTTP upgrade" | "WebSocket" | "Engine.IO" | "Socket.IO";

/** @param keyword identifies the kind of violation: violations are counted by it */
export function violation(layer: Layer, keyword: string, detail: string, isFatal = true): ProtocolViolation {
  return { fault: { event: layer, pointer: "", keyword, detail }, isFatal };
}

/** For people: the layer and what is wrong. */
export function describeViolation({ fault }: ProtocolViolation): string {
  return `${fault.event}: ${fault.detail}`;
}

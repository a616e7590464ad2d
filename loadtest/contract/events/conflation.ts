/** What a server may leave out for a slow subscriber, told from packets: a state that a newer one has replaced. */
import { conflationKey } from "../../oracle/conflation.js";
import { readEventPacket } from "./wire.js";

/** What a packet is a newer state of; undefined for one that must not be skipped. */
export function stateOf(packet: string): string | undefined {
  const wire = readEventPacket(packet);
  return wire === undefined || !("event" in wire) ? undefined : conflationKey(wire.event, wire.args[0]);
}

/** The states of one thing, in order, as two subscribers received them. */
export interface StateLogs {
  /** All that came to the one. */
  readonly sent: readonly string[];
  /** Position in `sent` of the last state that the other one must have, or a newer one. */
  readonly lastAt: number;
  /** All that came to the other. */
  readonly received: readonly string[];
}

/** True when the other subscriber may do without this state, because it has ended with the last one or a newer. */
export function isReplaced(packet: string, { sent, lastAt, received }: StateLogs): boolean {
  const end = received.at(-1);
  if (end === undefined) return false;
  if (end === sent[lastAt] || sent.lastIndexOf(end) > lastAt) return true;
  // The last state itself recurs: that an earlier one of it has arrived says nothing.
  return packet !== sent[lastAt] && received.includes(sent[lastAt]!);
}

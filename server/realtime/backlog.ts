/**
 * What a subscriber who is behind has skipped: the latest event of each key, in the order in which those
 * happened.
 *
 * Keeps text, not frames: a frame would hold the whole batch that it is a part of.
 */
import type { WirePacket } from "./wire-batch.js";

export class Backlog {
  /** When the subscriber fell behind, in responsive milliseconds. */
  readonly sinceMs: number;
  #bytes = 0;
  readonly #latest = new Map<string, WirePacket>();

  constructor(sinceMs: number) {
    this.sinceMs = sinceMs;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Remembers an event in place of the last with its key, which is returned. */
  skip(key: string, packet: WirePacket): WirePacket | undefined {
    const replaced = this.#latest.get(key);
    if (replaced !== undefined) {
      this.#latest.delete(key);
      this.#bytes -= replaced.text.length;
    }
    this.#latest.set(key, packet);
    this.#bytes += packet.text.length;
    return replaced;
  }

  skipped(): readonly WirePacket[] {
    return [...this.#latest.values()];
  }
}

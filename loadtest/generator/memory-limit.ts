/**
 * The memory of a generator process: what holds whatever a server sends.
 *
 * Frames, packets and held events have limits of their own, and a sound server comes near none of them. What is left
 * is a server that sends each subscriber something else: what is compared must be kept.
 */
import type { SecondReport } from "./protocol.js";

const memoryBytesMax = 512_000_000;
/** An idle subscriber needs a tenth of it. */
const subscriberBytesMax = 100_000;

/** Why the generator must end; undefined while it need not. */
export function findMemoryExcess({ rssBytes, connected }: SecondReport): string | undefined {
  if (rssBytes <= memoryBytesMax + connected * subscriberBytesMax) return undefined;
  return `a generator was ended at ${Math.round(rssBytes / 1e6)} MB of memory: the server sent ${connected} subscribers more events that differ from each other than can be kept and compared`;
}

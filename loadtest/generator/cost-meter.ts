/** What a generator takes for the deliveries of the measured time: processor time of its process, bytes of its sockets. */
import { monotonicMs } from "../core/monotonic.js";
import type { StreamMatcher } from "../oracle/stream-matcher.js";
import type { GeneratorCost } from "./protocol.js";

/** As counted since the start. */
type Counts = GeneratorCost;

function difference(from: Counts, to: Counts): GeneratorCost {
  return {
    elapsedMs: to.elapsedMs - from.elapsedMs,
    cpuMs: to.cpuMs - from.cpuMs,
    deliveries: to.deliveries - from.deliveries,
    thinBytes: to.thinBytes - from.thinBytes,
    thinDeliveries: to.thinDeliveries - from.thinDeliveries,
  };
}

export class CostMeter {
  readonly #matchers: () => readonly StreamMatcher[];
  #from: Counts | undefined;
  #to: Counts | undefined;

  /** @param matchers of all subscribers that ever connected */
  constructor(matchers: () => readonly StreamMatcher[]) {
    this.#matchers = matchers;
  }

  /** The measured time begins with the first call, and is as long as it is by the last. */
  mark(): void {
    const counts = this.#count();
    if (this.#from === undefined) this.#from = counts;
    else this.#to = counts;
  }

  /** Null where nothing was measured. */
  get cost(): GeneratorCost | null {
    return this.#from === undefined || this.#to === undefined ? null : difference(this.#from, this.#to);
  }

  #count(): Counts {
    const { user, system } = process.cpuUsage();
    let [deliveries, thinBytes, thinDeliveries] = [0, 0, 0];
    for (const { kind, counts, receivedBytes } of this.#matchers()) {
      deliveries += counts.received;
      if (kind !== "thin") continue;
      thinBytes += receivedBytes;
      thinDeliveries += counts.received;
    }
    return { elapsedMs: monotonicMs(), cpuMs: (user + system) / 1000, deliveries, thinBytes, thinDeliveries };
  }
}

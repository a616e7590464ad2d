/** Why a member serves nobody: its subscribers are closed, and come back to another one or when it is over. */
import type { Logger } from "../core/logger.js";
import type { Led } from "./led.js";

/** It hears nothing of its cluster, reads another stream than its leader, or loads its world anew. */
export type CutOffReason = "isolated" | "otherStream" | "reloading";

export const otherStream =
  "The member uses another Redis than the leader of its cluster. Start it with the Redis that the leader was given (--cluster).";

const sentences: Readonly<Record<CutOffReason, { readonly begins: string; readonly ends: string } | undefined>> = {
  isolated: {
    begins: "this member hears nothing of its cluster: its subscribers are closed until it does",
    ends: "this member hears its cluster again",
  },
  otherStream: { begins: otherStream, ends: "this member and its leader use the same Redis again" },
  reloading: undefined,
};

export class CutOff {
  readonly #logger: Logger;
  readonly #led: () => Pick<Led, "cutOff" | "rejoin"> | undefined;
  readonly #reasons = new Set<CutOffReason>();
  #isolations = 0;

  constructor(logger: Logger, led: () => Pick<Led, "cutOff" | "rejoin"> | undefined) {
    this.#logger = logger;
    this.#led = led;
  }

  /** How often it has heard nothing of its cluster. */
  get isolations(): number {
    return this.#isolations;
  }

  /** Told again and again is told once. */
  set(reason: CutOffReason, isOn: boolean): void {
    if (this.#reasons.has(reason) === isOn) return;
    const sentence = sentences[reason];
    if (isOn) {
      this.#reasons.add(reason);
      if (reason === "isolated") this.#isolations += 1;
      if (sentence !== undefined) this.#logger.error({}, sentence.begins);
    } else {
      this.#reasons.delete(reason);
      if (sentence !== undefined) this.#logger.warn({}, sentence.ends);
    }
    if (this.#reasons.size > 0) this.#led()?.cutOff();
    else this.#led()?.rejoin();
  }
}

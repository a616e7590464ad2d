/** The addresses of a run: one server, or members of one cluster, any of which can be asked. */
import { TargetError } from "./errors.js";
import { type Target, type TargetOptions, parseTarget } from "./target.js";
import type { Reading } from "./target-requests.js";

export interface TargetsOptions extends Omit<TargetOptions, "url"> {
  /** One at least. */
  readonly urls: readonly string[];
}

export class Targets {
  readonly all: readonly Target[];
  /** Its index: the one that answered last is asked first. */
  #answering = 0;

  constructor(all: readonly Target[]) {
    this.all = all;
  }

  /** For what any of them can answer and is asked once, before the run. */
  get first(): Target {
    return this.all[0]!;
  }

  get areSeveral(): boolean {
    return this.all.length > 1;
  }

  /** For people: all addresses. */
  get name(): string {
    return this.all.map(({ base }) => base).join(", ");
  }

  /** Asks one after another until one answers. Where none does, the reading of the first that gave a status, if any did. */
  async ask<Content>(read: (target: Target) => Promise<Reading<Content>>): Promise<Reading<Content>> {
    const { all } = this;
    const from = this.#answering;
    let failure: Reading<Content> | undefined;
    for (let turn = 0; turn < all.length; turn += 1) {
      const index = (from + turn) % all.length;
      const reading = await read(all[index]!);
      if ("content" in reading) {
        this.#answering = index;
        return reading;
      }
      if (failure === undefined || (hasNoStatus(failure) && !hasNoStatus(reading))) failure = reading;
    }
    return failure!;
  }
}

function hasNoStatus(reading: Reading<unknown>): boolean {
  return "problem" in reading && reading.status === undefined;
}

/** @throws {TargetError} when an address, a header or the token cannot be used, or an address is given twice */
export function parseTargets({ urls, ...options }: TargetsOptions): Targets {
  const all = urls.map((url) => parseTarget({ ...options, url }));
  const twice = all.find(({ base }, index) => all.findIndex((other) => other.base === base) < index);
  if (twice !== undefined)
    throw new TargetError(
      "badUrl",
      `The URL ${twice.base} is given twice: expected one address of each member of the cluster. Leave one out.`,
    );
  return new Targets(all);
}

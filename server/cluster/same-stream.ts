/**
 * Whether a member and its leader read the same stream. Two that were given different Redis servers, or of which one has
 * stayed with the old primary of a failover, share Postgres only: each would take its own stream for the cluster's.
 *
 * The member writes a name that nobody knows into its Redis, and the leader looks for it in its own.
 */
import { randomUUID } from "node:crypto";

/** On a member's question to its leader the name, on the answer whether the leader has found it. */
export const streamHeader = "x-max-stream";

/** Takes a name that one member at a time can take. Resolves with whether nobody had; rejects without a connection. */
type Claim = (name: string, forMs: number) => Promise<boolean>;

type Answer = "same" | "other";

/** As long as an answer may take, several times over. */
const keptMs = 10_000;
/** One may have met a Redis that was just emptied. */
const othersMin = 2;

export class SameStream {
  readonly #claim: Claim;
  readonly #onChange: (isOther: boolean) => void;
  #others = 0;
  #isOther = false;

  /** @param onChange told when the leader turns out to read another stream, or the same again */
  constructor(claim: Claim, onChange: (isOther: boolean) => void) {
    this.#claim = claim;
    this.#onChange = onChange;
  }

  get isOther(): boolean {
    return this.#isOther;
  }

  /** The name to ask the leader for; undefined without a connection to Redis. */
  async question(): Promise<string | undefined> {
    const name = randomUUID();
    return (await this.#claim(name, keptMs).catch(() => false)) ? name : undefined;
  }

  /** What the leader answers; undefined where it has no connection to Redis. */
  async find(name: string): Promise<Answer | undefined> {
    const isUnknown = await this.#claim(name, keptMs).catch(() => undefined);
    if (isUnknown === undefined) return undefined;
    return isUnknown ? "other" : "same";
  }

  take(answer: unknown): void {
    if (answer !== "same" && answer !== "other") return;
    this.#others = answer === "same" ? 0 : this.#others + 1;
    this.#set(this.#others >= othersMin);
  }

  /** This member leads: the stream that it reads is the cluster's. */
  lead(): void {
    this.#others = 0;
    this.#set(false);
  }

  #set(isOther: boolean): void {
    if (isOther === this.#isOther) return;
    this.#isOther = isOther;
    this.#onChange(isOther);
  }
}

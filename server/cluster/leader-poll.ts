/** Asks the leader again and again until it is closed. A question that fails is asked again like any other. */
import { setTimeout as sleep } from "node:timers/promises";

export class LeaderPoll {
  readonly #ended = new AbortController();
  /** Why the last question was not answered. */
  failure: string | undefined;

  /**
   * @param waitMs after the question that was last asked
   * @param onFailure told why there was no answer, once for each reason in a row
   */
  constructor(ask: () => Promise<void>, waitMs: () => number, onFailure: (reason: string) => void = () => {}) {
    void this.#run(ask, waitMs, onFailure);
  }

  close(): void {
    this.#ended.abort();
  }

  async #run(ask: () => Promise<void>, waitMs: () => number, onFailure: (reason: string) => void): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      const failure = await ask().then(
        () => undefined,
        (error: unknown) => (error as Error).message,
      );
      if (failure !== undefined && failure !== this.failure && !signal.aborted) onFailure(failure);
      this.failure = failure;
      await sleep(waitMs(), undefined, { signal, ref: false }).catch(() => {});
    }
  }
}

/** Tasks that run one after another, whatever becomes of the earlier ones. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs a task when all earlier ones are done. */
  run<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when all that were given so far are done. */
  async done(): Promise<void> {
    await this.#last;
  }
}

/** Tasks that run one after another, whatever becomes of the earlier ones. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();
  #size = 0;

  /** Tasks that are not done yet. */
  get size(): number {
    return this.#size;
  }

  /** Runs a task when all earlier ones are done. */
  run<Result>(task: () => Promise<Result>): Promise<Result> {
    this.#size += 1;
    const result = this.#last.then(task).finally(() => (this.#size -= 1));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when all that were given so far are done. */
  async done(): Promise<void> {
    await this.#last;
  }
}

/** A serial queue for each key. Invariant: a key without tasks takes no memory. */
export class KeyedQueue {
  readonly #queues = new Map<string, SerialQueue>();

  /** Runs a task when all earlier ones with this key are done. */
  async run<Result>(key: string, task: () => Promise<Result>): Promise<Result> {
    const queue = this.#queues.get(key) ?? new SerialQueue();
    this.#queues.set(key, queue);
    try {
      return await queue.run(task);
    } finally {
      if (queue.size === 0) this.#queues.delete(key);
    }
  }
}

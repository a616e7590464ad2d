/** What a row that is read tells of its leader: one that has changed since it was last read has been written since. */

/** Since a longer time ago it may have been written by a leader that is gone by now. */
const newsMsMax = 500;

export class RowNews {
  #last: { readonly key: string; readonly askedMs: number } | undefined;

  /**
   * @param key another one at each write
   * @returns whether the leader was there after the last question, which was asked lately
   */
  take(key: string, askedMs: number): boolean {
    const last = this.#last;
    this.#last = { key, askedMs };
    return last !== undefined && last.key !== key && askedMs - last.askedMs <= newsMsMax;
  }
}

/**
 * Runs tasks with the same key one after another, in order of arrival.
 *
 * Invariant: a key without callers takes no memory.
 */
export interface KeyedQueue {
  /** Runs the action when all earlier ones with this key have settled. */
  run<Result>(key: string, action: () => Promise<Result>): Promise<Result>;
}

async function settle(running: Promise<unknown>): Promise<void> {
  try {
    await running;
  } catch {
    // Its own caller learns of it; whoever is next only waits for it.
  }
}

export function createKeyedQueue(): KeyedQueue {
  const last = new Map<string, Promise<void>>();
  return {
    async run(key, action) {
      const before = last.get(key);
      const running = (async () => {
        await before;
        return await action();
      })();
      const settled = settle(running);
      last.set(key, settled);
      try {
        return await running;
      } finally {
        if (last.get(key) === settled) last.delete(key);
      }
    },
  };
}

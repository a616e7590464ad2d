/** A member's wait for the store of its cluster, and its hold of it until it loses the lock. */
import { type OpenStoreOptions, openStore } from "../store/open-store.js";
import type { SecondCandles } from "../store/second-candles.js";
import type { Store } from "../store/store.js";

export interface StoreHoldOptions extends Omit<OpenStoreOptions, "membership" | "reset"> {
  readonly seconds: SecondCandles;
  /** Ends the wait, and the hold. */
  readonly signal: AbortSignal;
}

export class StoreHold {
  /** Resolves with the lock: no other member can write from then on. Rejects where the store cannot be opened. */
  readonly locked: Promise<unknown>;
  /** Resolves when it can be read and written, some ten milliseconds after `locked`. */
  readonly store: Promise<Store>;
  /** Resolves when this member no longer holds the lock. */
  readonly lost: Promise<void>;
  readonly #forget: () => void;
  readonly #end: () => void;

  constructor({ seconds, signal, ...options }: StoreHoldOptions) {
    let onLocked = (): void => {};
    let onLockLost = (): void => {};
    const locked = new Promise<void>((resolve) => void (onLocked = resolve));
    this.lost = new Promise((resolve) => void (onLockLost = resolve));
    this.#end = onLockLost;
    signal.addEventListener("abort", onLockLost);
    this.#forget = () => signal.removeEventListener("abort", onLockLost);
    this.store = openStore({ ...options, membership: { onLocked, onLockLost, signal, seconds } });
    this.locked = Promise.race([locked, this.store]);
    // Whoever waits for either hears of it.
    this.locked.catch(() => {});
  }

  async close(): Promise<void> {
    this.#forget();
    this.#end();
    await this.store.then((store) => store.close()).catch(() => {});
  }
}

/** The last items that did not come to a subscriber: they may only be late. */
import type { BatchKey, Place } from "./expected-batch.js";

const missedMax = 256;

/** An item that did not come, and how that was counted. No batch: it would hold all later ones. */
interface MissedItem extends BatchKey {
  readonly item: number;
  readonly countedAs: "lost" | "conflated";
}

export class MissedItems {
  /** Oldest first. */
  readonly #items = new Map<string, MissedItem>();

  add({ batch: { tick, sequence, texts }, item }: Place, countedAs: MissedItem["countedAs"]): void {
    const text = texts[item]!;
    this.#items.delete(text);
    this.#items.set(text, { tick, sequence, item, countedAs });
    if (this.#items.size <= missedMax) return;
    for (const oldest of this.#items.keys()) return void this.#items.delete(oldest);
  }

  /** Takes the last item of this content away. */
  take(text: string): MissedItem | undefined {
    const missed = this.#items.get(text);
    this.#items.delete(text);
    return missed;
  }
}

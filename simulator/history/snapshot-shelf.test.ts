import { expect, test } from "vitest";
import { SnapshotShelf } from "./snapshot-shelf.js";

test("what is put on the shelf comes back as it was, whatever characters are in it", () => {
  const shelf = new SnapshotShelf<unknown>(10, 4);
  const snapshot = { name: 'Zoë "李" \u{1f600} \\', broken: "\ud83d", long: "é€".repeat(20_000), value: 0.1 + 0.2 };
  shelf.put(10, snapshot);
  expect(shelf.before(19)).toEqual(snapshot);
  expect(shelf.before(9)).toBeUndefined();
});

test("a snapshot that is written over a dropped one leaves the others as they were", () => {
  const shelf = new SnapshotShelf<{ readonly tick: number; readonly text: string }>(10, 8);
  const snapshotOf = (tick: number) => ({ tick, text: `${tick} `.repeat((tick * 7) % 900) });
  for (let round = 0; round < 5; round++) {
    for (let tick = 200 - 40 * round; tick < 800; tick += 10) {
      shelf.put(tick, snapshotOf(tick));
      for (let other = tick; other >= 0; other -= 30) {
        const found = shelf.before(other);
        if (found !== undefined) expect(found).toEqual(snapshotOf(found.tick));
      }
    }
    expect(shelf.size).toBeLessThanOrEqual(8);
    shelf.dropAfter(150 - 40 * round);
  }
});

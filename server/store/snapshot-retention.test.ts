import { expect, test } from "vitest";
import { outgrownSnapshots, snapshotEveryTicks } from "./snapshot-retention.js";

test("a long run keeps few snapshots, and a way back is never more than a quarter of itself from one", () => {
  let kept: number[] = [];
  for (let count = 1; count <= 5000; count++) {
    const newest = count * snapshotEveryTicks;
    kept.push(newest);
    const outgrown = new Set(outgrownSnapshots(kept));
    kept = kept.filter((tick) => !outgrown.has(tick));
    if (count % 97 !== 0) continue;
    expect(kept.length).toBeLessThan(10 + 8 * Math.log2(count));
    for (let target = kept[0]; target < newest; target += 7 * snapshotEveryTicks) {
      const from = kept.findLast((tick) => tick <= target) ?? 0;
      expect(target - from).toBeLessThanOrEqual(Math.max(snapshotEveryTicks, (newest - from) / 4));
    }
  }
});

test("one off the grid goes when there is a newer one", () => {
  const last = 20 * snapshotEveryTicks;
  expect(outgrownSnapshots([last, last + 100])).toEqual([]);
  expect(outgrownSnapshots([last, last + 100, last + 108])).toEqual([last + 100]);
  expect(outgrownSnapshots([last - 100, last])).toEqual([last - 100]);
});

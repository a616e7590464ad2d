import { expect, test } from "vitest";
import { SnapshotShelf } from "./snapshot-shelf.js";

test("what is put on the shelf comes back as it was, whatever characters are in it", () => {
  const shelf = new SnapshotShelf<unknown>(10, 4);
  const snapshot = { name: 'Zoë "李" \u{1f600} \\', broken: "\ud83d", long: "é€".repeat(20_000), value: 0.1 + 0.2 };
  shelf.put(10, snapshot);
  expect(shelf.before(19)).toEqual(snapshot);
  expect(shelf.before(9)).toBeUndefined();
});

/** Changes of a JSON file, for random tests of what reads it: values that a file can hold, at any of its places. */
import fc from "fast-check";
import { placesIn } from "./places.fixture.js";

type Change = (parent: Record<string, unknown>, key: string) => void;

const values = fc.oneof(
  fc.constantFrom<unknown>(null, true, "", "x", 0, -1, 1, 1e9, 1e308, -1e308, 0.5, [], {}, "1m", "9999d", "0s"),
  fc.constantFrom("tech-001", "agent-001", "disc-001", "2025-01-15T10:30:00Z", "9999-12-31T23:59:59Z", "halt"),
  fc.double(),
  fc.string({ maxLength: 20 }),
);

const changes: fc.Arbitrary<Change> = fc.oneof(
  values.map(
    (value): Change =>
      (parent, key) =>
        // A value that two files shared would be changed in both, and could come to hold itself.
        void (parent[key] = structuredClone(value)),
  ),
  fc.constant<Change>((parent, key) => delete parent[key]),
  fc.string({ maxLength: 10 }).map((name): Change => (parent, key) => {
    if (!Array.isArray(parent)) parent[name] = structuredClone(parent[key]);
  }),
  fc.integer({ min: -3, max: 12 }).map((exponent): Change => (parent, key) => {
    if (typeof parent[key] === "number") parent[key] *= 10 ** exponent;
  }),
  fc.constant<Change>((parent, key) => {
    const value = parent[key];
    if (Array.isArray(value) && value.length > 0) value.push(structuredClone(value[0]));
  }),
);

/** One to three changes, each with the number of the place that it is made at. */
export const changesOfFile = fc.array(fc.tuple(fc.nat(), changes), { minLength: 1, maxLength: 3 });

export function applyChanges(file: unknown, changes: readonly (readonly [place: number, change: Change])[]): void {
  for (const [place, change] of changes) {
    const all = placesIn(file);
    if (all.length > 0) change(...all[place % all.length]);
  }
}

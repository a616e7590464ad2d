/** A JSON value as places: what is where, of which type. Entries of a list are told by their id, so that order does not matter. */

/** By place, such as `/data/[tech-001]/name`; the type or, where it is asked for, the value as JSON. */
export interface Shape {
  readonly types: ReadonlyMap<string, string>;
  readonly values: ReadonlyMap<string, string>;
}

/** Places of one value that are looked at. */
const placesMax = 5000;

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function entryName(entry: unknown, n: number): string {
  const { id } = (entry ?? {}) as { id?: unknown };
  return typeof id === "string" || typeof id === "number" ? `[${id}]` : `[${n}]`;
}

export function shapeOf(value: unknown): Shape {
  const types = new Map<string, string>();
  const values = new Map<string, string>();
  function walk(part: unknown, place: string): void {
    if (values.size >= placesMax) return;
    // Of entries only that they are there: which ones there are is a value.
    const general = place.replaceAll(/\/\[[^\]]*\]/g, "/*");
    const known = types.get(general);
    const type = typeOf(part);
    types.set(
      general,
      known === undefined ? type : [...new Set([...known.split(" or "), type])].toSorted().join(" or "),
    );
    if (Array.isArray(part)) part.forEach((entry, n) => walk(entry, `${place}/${entryName(entry, n)}`));
    else if (typeof part === "object" && part !== null)
      for (const [key, inner] of Object.entries(part)) walk(inner, `${place}/${key}`);
    else values.set(place, JSON.stringify(part));
  }
  walk(value, "");
  return { types, values };
}

/** Both shapes together: what came now and then. */
export function mergeShapes(a: Shape, b: Shape): Shape {
  const types = new Map(a.types);
  for (const [place, type] of b.types)
    types.set(
      place,
      [...new Set([...(types.get(place)?.split(" or ") ?? []), ...type.split(" or ")])].toSorted().join(" or "),
    );
  return { types, values: new Map([...a.values, ...b.values]) };
}

/** Every property and entry of a value, each with the object that holds it: where a mutation may strike. */
export function placesIn(value: unknown): [parent: Record<string, unknown>, key: string][] {
  if (typeof value !== "object" || value === null) return [];
  const parent = value as Record<string, unknown>;
  const places: [typeof parent, string][] = [];
  for (const key of Object.keys(parent)) places.push([parent, key], ...placesIn(parent[key]));
  return places;
}

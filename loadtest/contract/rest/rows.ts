/** A row of a list, or a resource: fitted to its schema before anybody looks into it. */
export type Row = Readonly<Record<string, unknown>>;

export function rowId(row: Row): string {
  return textOf(row, "id");
}

/** The text of a field; empty where it is no text. */
export function textOf(row: Row, field: string): string {
  const value = row[field];
  return typeof value === "string" ? value : "";
}

/** The fields of a row that are not among `fields`. */
export function without(row: Row, fields: readonly string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !fields.includes(name)));
}

/** Equal as JSON, whatever the order of the fields. */
export function sameRow(a: Row, b: Row): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length && names.every((name) => JSON.stringify(a[name]) === JSON.stringify(b[name]))
  );
}

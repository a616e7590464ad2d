/** Tables of text for terminals and reports: each column as wide as its widest cell, two spaces between. */

export interface TableLayout {
  /** How cells are aligned in the columns after the first, which is always aligned left. */
  readonly align: "left" | "right";
  /** Draws dashes under the first row. @default false */
  readonly isRuled?: boolean;
}

/**
 * A line for each row.
 *
 * @example formatTable([["a", "10"], ["bc", "9"]], { align: "right" }) // ["a   10", "bc   9"]
 */
export function formatTable(
  rows: readonly (readonly string[])[],
  { align, isRuled = false }: TableLayout,
): readonly string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const formatRow = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 || align === "left" ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join("  ")
      .trimEnd();
  const lines = rows.map(formatRow);
  return isRuled ? lines.toSpliced(1, 0, formatRow(widths.map((width) => "-".repeat(width)))) : lines;
}

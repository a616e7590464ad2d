/** Tables of text: each column as wide as its widest cell, two spaces between. */

export interface TableLayout {
  /** How cells stand in the columns behind the first, which always stands to the left. */
  readonly align: "left" | "right";
  /** Draws dashes under the first row. @default false */
  readonly isRuled?: boolean;
}

/** A line for each row; the first row names the columns. */
export function formatTable(
  rows: readonly (readonly string[])[],
  { align, isRuled = false }: TableLayout,
): readonly string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const formatRow = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 || align === "left" ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
      )
      .join("  ")
      .trimEnd();
  const lines = rows.map(formatRow);
  return isRuled ? lines.toSpliced(1, 0, formatRow(widths.map((width) => "-".repeat(width)))) : lines;
}

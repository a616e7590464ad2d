/** Tables in Markdown. */

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

/** Figures to the right of what they are of. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [head, head.map((_, at) => (at === 0 ? "---" : "---:")), ...rows].map(
    (row) => `| ${row.map(cell).join(" | ")} |`,
  );
}

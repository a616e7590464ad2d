/** Lines for a terminal of 80 columns. */

const columns = 80;

/** Prose broken at its spaces, each line indented. A word longer than a line stays whole. */
export function wrap(text: string, indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent + line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => `${" ".repeat(indent)}${one}`).join("\n");
}

/** The first few of a list, and how many more there are. */
export function shorten(names: readonly string[], separator: string, shownMax: number): string {
  const more = names.length - shownMax;
  return [...names.slice(0, shownMax), ...(more > 0 ? [`and ${more} more`] : [])].join(separator);
}

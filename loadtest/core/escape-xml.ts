/** Text made safe for XML and HTML, attributes included. What XML forbids, escaped or not, becomes a replacement character. */
const replacements: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  // An attribute would have a space in its place.
  "\n": "&#10;",
};

export function escapeXml(text: string): string {
  return text
    .replace(/[^\P{Cc}\t\n\r]|[\uFFFE\uFFFF]|\p{Surrogate}/gu, "\uFFFD")
    .replace(/[&<>"'\n]/g, (found) => replacements[found]!);
}

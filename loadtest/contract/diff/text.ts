/** Differences between two versions of the schemas, as lines for people: what breaks comes first. */
import type { SchemaDifference } from "./diff.js";

const textLengthMax = 60;

/** Long texts stand there for their length alone. */
function formatPayload(payload: unknown): string {
  return JSON.stringify(payload, (_key, value: unknown) =>
    typeof value === "string" && value.length > textLengthMax
      ? `${value.slice(0, 20)}... (${value.length} characters)`
      : value,
  ).slice(0, 500);
}

function formatDifference({ path, breaking, detail, acceptedBy, pointer, keyword, payload }: SchemaDifference): string {
  const place =
    keyword === undefined
      ? ""
      : `\n      the ${acceptedBy === "old" ? "new" : "old"} version objects at ${pointer === "" ? "the whole" : pointer} (${keyword})`;
  const shown = payload === undefined ? "" : `\n      ${formatPayload(payload)}`;
  return `  ${breaking ? "x" : "+"} ${path}: ${detail}${place}${shown}`;
}

export function formatDiffText(differences: readonly SchemaDifference[]): string {
  const breaking = differences.filter((difference) => difference.breaking);
  const compatible = differences.filter((difference) => !difference.breaking);
  if (differences.length === 0) return "No payload was found that the two versions judge differently.";
  return [
    ...(breaking.length === 0 ? [] : [`Breaking (${breaking.length})`, ...breaking.map(formatDifference)]),
    ...(compatible.length === 0 ? [] : [`Compatible (${compatible.length})`, ...compatible.map(formatDifference)]),
  ].join("\n");
}

/** Workflow commands of GitHub Actions, which shows them as annotations on the page of a run. */

/** GitHub shows so many of a kind of one step, and drops the others without a word. */
const shownMax = 10;

export interface Annotation {
  readonly kind: "error" | "warning" | "notice";
  readonly title: string;
  readonly message: string;
}

/** As the runner reads it back: a command ends with its line. */
function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** A line for each; of a kind that has too many, the last one says how many more there are. */
export function formatWorkflowCommands(
  annotations: readonly Annotation[],
  more: Pick<Annotation, "title" | "message">,
): string {
  const kinds = [...new Set(annotations.map(({ kind }) => kind))];
  const shown = kinds.flatMap((kind) => {
    const found = annotations.filter((one) => one.kind === kind);
    if (found.length <= shownMax) return found;
    const left = `${found.length - shownMax + 1} ${more.message}`;
    return found.slice(0, shownMax - 1).concat({ kind, title: more.title, message: left });
  });
  return shown
    .map(({ kind, title, message }) => `::${kind} title=${escapeProperty(title)}::${escapeData(message)}\n`)
    .join("");
}

/** Above the view: the address names another market than this server plays. Nothing is changed unless asked for. */
import { Button } from "../design/button.js";
import { CopyButton } from "../design/copy-button.js";
import { token } from "../feed/token.js";
import { apply, applying, dismiss, here, linked } from "./apply.js";
import { type LinkedMarket, type Part, differences, resetTo, seekTo, startCommand } from "./linked-market.js";
import { formatPart, partNames } from "./parts.js";
import "./permalink.css";

/** Settled when a server starts. */
const fixedParts: ReadonlySet<Part> = new Set(["start", "tickMs"]);

function heading(differing: ReadonlySet<Part>): string {
  if (["seed", "scenario", "tickMs"].some((part) => differing.has(part as Part))) {
    return "The link shows another market than this server plays";
  }
  return differing.has("time")
    ? "The link shows another moment of this market"
    : "The link shows this market otherwise";
}

/** What applying costs, and what it cannot do. */
function explainApply(linked: LinkedMarket, here: LinkedMarket, differing: ReadonlySet<Part>): string[] {
  const sentences: string[] = [];
  if (token.value === undefined) {
    sentences.push("Applying needs the control token: open the console by the address that the server printed.");
  }
  if (resetTo(linked, here) !== undefined) {
    sentences.push("Applying starts this server's market anew: what was posted and changed here is deleted.");
  } else if (seekTo(linked, here) !== undefined) {
    sentences.push("Going back deletes what came later.");
  }
  if (differing.has("tickMs")) sentences.push("The tick's length is settled when a server starts: use the command.");
  return sentences;
}

export function LinkNotice() {
  const wanted = linked.value;
  const present = here.value;
  if (wanted === undefined || present === undefined) return null;
  const differing = new Set(differences(wanted, present));
  // Prices do not depend on the date of the start: alone it is no difference.
  if ([...differing].every((part) => part === "start")) return null;
  const state = applying.value;
  const canApply = [...differing].some((part) => !fixedParts.has(part));
  return (
    <section class="link-notice" aria-labelledby="link-notice-title">
      <div class="link-notice-text">
        <h2 id="link-notice-title">{heading(differing)}</h2>
        <p>{explainApply(wanted, present, differing).join(" ")}</p>
        {typeof state === "object" && (
          <p class="link-notice-failed" role="alert">
            Not applied: {state.reason}
          </p>
        )}
      </div>
      <dl class="link-parts">
        {[...differing].map((part) => (
          <div key={part}>
            <dt>{partNames[part]}</dt>
            <dd>
              <b>{formatPart(wanted, part)}</b>
              <small>here {formatPart(present, part)}</small>
            </dd>
          </div>
        ))}
      </dl>
      <div class="link-notice-actions">
        {canApply && (
          <Button
            kind="primary"
            disabled={token.value === undefined || state === "applying"}
            onClick={() => void apply(wanted, present)}
          >
            {state === "applying" ? "Applying …" : "Apply here"}
          </Button>
        )}
        <CopyButton text={() => startCommand(wanted)} title={startCommand(wanted)}>
          Copy command
        </CopyButton>
        <Button kind="plain" onClick={dismiss}>
          Dismiss
        </Button>
      </div>
    </section>
  );
}

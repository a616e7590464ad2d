/** The stream's digest after a tick: two screens that show the same tick and the same digits show the same market. */
import { CopyButton } from "../design/copy-button.js";
import { latest } from "./latest.js";

const digitsShown = 8;

export function Fingerprint() {
  const state = latest.value;
  if (state === undefined) return null;
  const { seed, scenario, start, tick, digest } = state;
  const title =
    "Fingerprint of all that was sent up to this tick. Where two screens show the same tick, it is the same.";
  return (
    <div class="fingerprint" title={title}>
      <span class="fingerprint-digits">
        <code>{digest.slice(0, digitsShown)}</code>
        <small>{`tick ${tick.toLocaleString("en")}`}</small>
      </span>
      <CopyButton kind="plain" text={() => JSON.stringify({ seed, scenario, start, tick, digest })}>
        Copy
      </CopyButton>
    </div>
  );
}

/** The link to what is on the screen, and the command that starts the same market elsewhere. */
import { signal } from "@preact/signals";
import { CopyButton } from "../design/copy-button.js";
import { formatTime } from "../design/format.js";
import { Sheet } from "../design/sheet.js";
import { addressWith } from "./address.js";
import { here } from "./apply.js";
import { type LinkedMarket, startCommand, toChanges } from "./linked-market.js";
import "./permalink.css";

/** The market as it was when the sheet was opened; undefined while it is closed. */
const linking = signal<LinkedMarket | undefined>(undefined);

export function openLinkSheet(): void {
  linking.value = here.value;
}

function Copied({ id, label, text }: { readonly id: string; readonly label: string; readonly text: string }) {
  return (
    <div class="link-copied">
      <label for={id}>{label}</label>
      <div>
        <input id={id} class="field" readOnly value={text} onFocus={({ currentTarget }) => currentTarget.select()} />
        <CopyButton text={() => text}>Copy</CopyButton>
      </div>
    </div>
  );
}

export function LinkSheet() {
  const market = linking.value;
  if (market === undefined) return null;
  const link = new URL(addressWith(toChanges(market)), location.href).href;
  return (
    <Sheet id="link" title="Link to this view of this market" onClose={() => (linking.value = undefined)}>
      {() => (
        <div class="link-sheet">
          <p>
            It names the seed, scenario, start, time and speed, and what you look at. Whoever opens it, here or with
            another server's host in it, sees where that market differs; nothing changes unless they apply it. Messages
            that were posted and sectors that were made by hand are no part of it.
          </p>
          <Copied id="link-address" label="Link" text={link} />
          <Copied id="link-command" label="Starts the same market on another machine" text={startCommand(market)} />
          <p>
            The market then begins at its start: open the link there and apply it to come to{" "}
            {formatTime(Date.parse(market.time ?? ""))}.
          </p>
        </div>
      )}
    </Sheet>
  );
}

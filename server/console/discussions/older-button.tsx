/** Stands at the beginning of a log: loads older messages, or says that there are none. */
import { Button } from "../design/button.js";
import { explain } from "../feed/rest.js";

/** `cursor` is where to go on: undefined before the first time, null at the beginning of the room. */
export type OlderState =
  | { readonly state: "idle" | "loading"; readonly cursor?: string | null | undefined }
  | { readonly state: "failed"; readonly cursor?: string | null | undefined; readonly error: unknown };

export interface OlderButtonProps {
  readonly older: OlderState;
  /** Whether the log has all messages that there are. */
  readonly isComplete: boolean;
  readonly onLoad: () => void;
}

export function OlderButton({ older, isComplete, onLoad }: OlderButtonProps) {
  if (isComplete || older.cursor === null) return <p class="message-older">The room begins here.</p>;
  return (
    <div class="message-older">
      {older.state === "failed" && <p role="alert">Older messages could not be loaded. {explain(older.error)}</p>}
      <Button kind="plain" aria-disabled={older.state === "loading"} onClick={onLoad}>
        {older.state === "loading" ? "Loading …" : older.state === "failed" ? "Try again" : "Load older messages"}
      </Button>
    </div>
  );
}

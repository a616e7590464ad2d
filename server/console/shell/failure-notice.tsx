/** Below the header: that something in this page itself went wrong. Set by every error that nobody handled. */
import { signal } from "@preact/signals";
import { Button } from "../design/button.js";
import { explain } from "../feed/rest.js";

const failure = signal<string | undefined>(undefined);

function note(error: unknown): void {
  // A message of the browser's own, such as that of a ResizeObserver, comes without an error.
  if (error !== null && error !== undefined) failure.value = explain(error);
}

export function watchFailures(): void {
  addEventListener("error", ({ error }: ErrorEvent) => note(error));
  addEventListener("unhandledrejection", ({ reason }) => note(reason));
}

export function FailureNotice() {
  if (failure.value === undefined) return null;
  return (
    <p class="bad" role="alert">
      {`A part of this page has failed: ${failure.value}. The rest keeps working; reload the page if something stops updating.`}{" "}
      <Button onClick={() => location.reload()}>Reload</Button>
      <Button onClick={() => (failure.value = undefined)}>Dismiss</Button>
    </p>
  );
}

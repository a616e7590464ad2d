/** A button that copies a text and says so. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Button, type ButtonProps } from "./button.js";

const saidMs = 2000;

/** Pages that were not loaded over HTTPS or from this machine have no clipboard but by the old way. */
async function copyText(text: string): Promise<void> {
  if (isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  const focused = document.activeElement as HTMLElement | null;
  // An open dialog lets nothing outside of it be selected.
  (focused?.closest("dialog") ?? document.body).append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  focused?.focus();
  if (!copied) throw new Error("the browser did not copy");
}

export interface CopyButtonProps extends Pick<ButtonProps, "kind" | "title" | "disabled"> {
  /** Asked for when the button is pressed. */
  readonly text: () => string;
  readonly children: string;
}

export function CopyButton({ text, children, ...rest }: CopyButtonProps) {
  const said = useSignal<string | undefined>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  async function copy(): Promise<void> {
    try {
      await copyText(text());
      said.value = "Copied";
    } catch {
      said.value = "Not copied";
    }
    clearTimeout(timer.current);
    timer.current = setTimeout(() => (said.value = undefined), saidMs);
  }

  return (
    <Button {...rest} onClick={() => void copy()}>
      <span class="copy-label">
        <span class={said.value === undefined ? undefined : "said"}>{children}</span>
        <span role="status">{said.value}</span>
      </span>
    </Button>
  );
}

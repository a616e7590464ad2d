/** A dialog over the page: open as long as it is drawn, closed by Escape or by its buttons. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "./button.js";

export interface SheetProps {
  /** Unique on the page; its heading is `${id}-title`. */
  readonly id: string;
  readonly title: string;
  readonly class?: string;
  /** False where the content brings its own way to close it. @default true */
  readonly hasClose?: boolean;
  /** Told when it was closed; then draw it no more. */
  readonly onClose: () => void;
  readonly children: (close: () => void) => ComponentChildren;
}

export function Sheet({ id, title, class: extra = "", hasClose = true, onClose, children }: SheetProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const close = () => dialog.current?.close();
  return (
    <dialog ref={dialog} class={`sheet ${extra}`} aria-labelledby={`${id}-title`} onClose={onClose}>
      <header class="panel-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {hasClose && (
          <Button kind="plain" onClick={close}>
            Close
          </Button>
        )}
      </header>
      {children(close)}
    </dialog>
  );
}

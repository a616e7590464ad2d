/**
 * Keyboard shortcuts: each is registered by the part that it works on, and listed on the sheet (`?`).
 *
 * A key works only where nobody is typing, without modifiers but shift, and not on a control that takes it itself.
 */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export interface Shortcut {
  /** As `KeyboardEvent.key` has it: "k", " ", "?", "ArrowLeft". */
  readonly key: string;
  /** What it does, for the sheet. */
  readonly does: string;
  /** Heading on the sheet. */
  readonly group: "Go to" | "Simulation" | "Chart" | "Inspector" | "Page";
  readonly run: () => void;
}

/** Those that work at this moment. */
export const shortcuts = signal<readonly Shortcut[]>([]);

/** Registers shortcuts. Returns how to take them back. */
function addShortcuts(added: readonly Shortcut[]): () => void {
  shortcuts.value = [...shortcuts.value, ...added];
  return () => {
    shortcuts.value = shortcuts.value.filter((shortcut) => !added.includes(shortcut));
  };
}

/** Registers shortcuts while the component is there. They are those of its first drawing: let them read signals. */
export function useShortcuts(added: readonly Shortcut[]): void {
  useEffect(() => addShortcuts(added), []);
}

const typing = "input:not([type=checkbox], [type=range], [type=button]), textarea, select, [contenteditable]";
/** Keys that a focused control means for itself. */
const controlKeys = new Set([" ", "Enter", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]);

function onKeyDown(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  // What an open dialog covers cannot be worked.
  if (document.querySelector("dialog[open]") !== null) return;
  const target = event.target as Element;
  if (target.closest(typing) !== null) return;
  if (controlKeys.has(event.key) && target.closest("button, a, input, summary, [role=slider]") !== null) return;
  // The last registered wins: what is open lies over what was there before.
  const shortcut = shortcuts.value.findLast(({ key }) => key === event.key);
  if (shortcut === undefined) return;
  event.preventDefault();
  shortcut.run();
}

export function listenForShortcuts(): () => void {
  addEventListener("keydown", onKeyDown);
  return () => removeEventListener("keydown", onKeyDown);
}

/** The sheet of keyboard shortcuts, opened by `?`. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "../design/button.js";
import { type Shortcut, shortcuts } from "./shortcuts.js";

export const isSheetOpen = signal(false);

const groupsShown = ["Go to", "Simulation", "Chart", "Inspector", "Page"] as const;
const keyNames: Readonly<Record<string, string>> = { " ": "Space", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc" };

function Group({ name, members }: { readonly name: string; readonly members: readonly Shortcut[] }) {
  return (
    <section>
      <h3>{name}</h3>
      <dl>
        {members.map(({ key, does }) => (
          <div key={key}>
            <dt>
              <kbd>{keyNames[key] ?? key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function ShortcutSheet() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isSheetOpen.value) dialog.current?.showModal();
  }, [isSheetOpen.value]);
  if (!isSheetOpen.value) return null;
  const groups = groupsShown.filter((name) => shortcuts.value.some(({ group }) => group === name));
  return (
    <dialog ref={dialog} class="sheet" aria-labelledby="sheet-title" onClose={() => (isSheetOpen.value = false)}>
      <header class="panel-head">
        <h2 id="sheet-title">Keyboard shortcuts</h2>
        <Button kind="plain" onClick={() => dialog.current?.close()}>
          Close
        </Button>
      </header>
      <div class="sheet-groups">
        {groups.map((name) => (
          <Group key={name} name={name} members={shortcuts.value.filter(({ group }) => group === name)} />
        ))}
      </div>
    </dialog>
  );
}

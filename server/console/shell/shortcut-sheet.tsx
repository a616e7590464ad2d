/** The sheet of keyboard shortcuts, opened by `?`. */
import { signal } from "@preact/signals";
import { Sheet } from "../design/sheet.js";
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
  if (!isSheetOpen.value) return null;
  const groups = groupsShown.filter((name) => shortcuts.value.some(({ group }) => group === name));
  return (
    <Sheet id="shortcuts" title="Keyboard shortcuts" onClose={() => (isSheetOpen.value = false)}>
      {() => (
        <div class="sheet-groups">
          {groups.map((name) => (
            <Group key={name} name={name} members={shortcuts.value.filter(({ group }) => group === name)} />
          ))}
        </div>
      )}
    </Sheet>
  );
}

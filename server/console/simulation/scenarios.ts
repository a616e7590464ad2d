/** The scenarios that the server knows, fetched with everything else. */
import { computed, effect, signal } from "@preact/signals";
import type { ScenarioEventType, ScenarioOutline } from "../../../schemas/generated/types.js";
import { generation } from "../feed/feed-state.js";
import { getAll } from "../feed/rest.js";
import { simulation } from "../feed/simulation.js";

export const scenarios = signal<readonly ScenarioOutline[]>([]);

/** The one that is played. */
export const scenario = computed(() => scenarios.value.find(({ name }) => name === simulation.value?.scenario));

const kinds: Readonly<Record<ScenarioEventType, readonly [glyph: string, name: string]>> = {
  regime: ["◆", "Another regime"],
  flashCrash: ["▼", "Flash crash"],
  sectorShock: ["◇", "Sector shock"],
  rumour: ["●", "Rumour"],
  agentOutage: ["✕", "Agents fail"],
  chatterBurst: ["≈", "Much talk"],
  halt: ["‖", "Halt"],
  resume: ["▸", "Trading resumes"],
};

/** A sign and a name for a kind of scenario event. */
export function kindOf(type: string): { readonly glyph: string; readonly name: string } {
  // A newer server may know more of them.
  const [glyph, name] = Object.hasOwn(kinds, type) ? kinds[type as ScenarioEventType] : ["•", type];
  return { glyph, name };
}

/** Keeps the list up to date. Returns how to stop it. */
export function followScenarios(): () => void {
  return effect(() => {
    if (generation.value === 0) return;
    getAll<ScenarioOutline>("/api/scenarios").then(
      (list) => (scenarios.value = list),
      () => {
        // The line has no marks then; the next refetch asks again.
      },
    );
  });
}

/** The market of the address, the market here, and how to make this one that one. */
import { computed, signal } from "@preact/signals";
import { explain } from "../feed/rest.js";
import { move, simulatedMs, simulation } from "../feed/simulation.js";
import { go, parameters } from "./address.js";
import { type LinkedMarket, marketOf, readMarket, resetTo, seekTo, withoutMarket } from "./linked-market.js";

export const linked = computed(() => readMarket(parameters.value));

/** Undefined until the server has told. Its time moves on by whole seconds, unless it stands still. */
export const here = computed<LinkedMarket | undefined>(() => {
  const state = simulation.value;
  const nowMs = simulatedMs.value;
  if (state === undefined || nowMs === undefined) return undefined;
  return marketOf(state, state.state === "playing" ? Math.floor(nowMs / 1000) * 1000 : nowMs);
});

export const applying = signal<"no" | "applying" | { readonly reason: string }>("no");

/** Leaves the market as it is; the address then names none. */
export function dismiss(): void {
  applying.value = "no";
  go(withoutMarket, "replace");
}

/** Makes the market of this server the linked one, as far as that can be done while it runs; needs the token. */
export async function apply(linked: LinkedMarket, here: LinkedMarket): Promise<void> {
  applying.value = "applying";
  try {
    const reset = resetTo(linked, here);
    const answer = reset === undefined ? undefined : await move("reset", reset);
    const begun = answer === undefined ? here : marketOf(answer, Date.parse(answer.time));
    const seek = seekTo(linked, begun);
    if (seek !== undefined) await move("seek", seek);
    if (linked.speed !== undefined && linked.speed !== begun.speed) await move("speed", { speed: linked.speed });
    dismiss();
  } catch (error) {
    applying.value = { reason: explain(error) };
  }
}

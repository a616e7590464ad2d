/** A small word with a dot: a state, told by text, shape and colour. */
import type { ComponentChildren } from "preact";

export type Tone = "good" | "busy" | "bad" | "quiet";

/** The dot is filled, ringed, square or hollow, so that the tone shows without colour. */
export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }) {
  return (
    <span class={`badge ${tone}`}>
      <i class="dot" aria-hidden="true" />
      {children}
    </span>
  );
}

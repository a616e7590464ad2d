/** Up, down or level: an arrow and a colour, neither of which has to be told from the other to be read. */
export type Direction = "up" | "down" | "level";

/** Level is what rounds to nothing at two digits. */
export function directionOf(change: number): Direction {
  return change >= 0.005 ? "up" : change <= -0.005 ? "down" : "level";
}

const arrows = { up: "▲", down: "▼", level: "–" } as const;

/** An arrow; what it means is read from the number's sign beside it. */
export function Arrow({ direction }: { readonly direction: Direction }) {
  return (
    <span class={`arrow ${direction}`} aria-hidden="true">
      {arrows[direction]}
    </span>
  );
}

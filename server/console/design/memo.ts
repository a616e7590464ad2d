/**
 * A component that is drawn again only when it would look different.
 *
 * Keeping what was drawn with `useMemo` would do the same and hold memory for ever: an element remembers the
 * tree into which it was first put, and that one the elements of its time, back to the first message there was.
 *
 * What is drawn here depends on properties alone: signals belong into components within.
 */
import { Component, type ComponentChild, type ComponentType } from "preact";

/** @example const Row = memo(drawRow, (a, b) => a.id === b.id); // <Row id={id} /> */
export function memo<Props extends object>(
  draw: (props: Props) => ComponentChild,
  isSame: (before: Props, now: Props) => boolean,
): ComponentType<Props> {
  return class extends Component<Props> {
    override shouldComponentUpdate(now: Props): boolean {
      return !isSame(this.props, now);
    }

    override render(): ComponentChild {
      return draw(this.props);
    }
  };
}

/** How a log of messages is read: it follows what is said while one is at its end, and holds still while one is above. */
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { OlderState } from "./older-button.js";
import { type Held, type Line, type Live, continued, hold, newSince, withOlder } from "./reading.js";

/** Fetches messages before a line, with a cursor from the second time on. */
export type FetchOlder = (
  before: Line,
  cursor: string | undefined,
) => Promise<{ lines: readonly Line[]; cursor: string | null }>;

export interface ReadingElements {
  readonly log: RefObject<HTMLDivElement | null>;
  /** Lies over the log while it is held. */
  readonly button: RefObject<HTMLDivElement | null>;
}

export interface Reading {
  /** What is shown, oldest first. */
  readonly lines: readonly Line[];
  readonly isHeld: boolean;
  /** Messages that came since it is held. */
  readonly newCount: number | undefined;
  readonly isComplete: boolean;
  readonly older: OlderState;
  /** Goes to the end. */
  follow(): void;
  loadOlder(): Promise<void>;
  onScroll(): void;
}

/** Nearer to the end than this one is at the end: positions are fractions of pixels on some screens. */
const endPx = 3;
/** Nearer to the beginning than this older messages are fetched before one arrives there. */
const nearBeginningPx = 240;

/** Keeps the end in sight while the log follows, and what is read in its place while it is held. */
function useScrollPosition(
  log: RefObject<HTMLDivElement | null>,
  lines: readonly Line[],
  isHeld: boolean,
): RefObject<number | undefined> {
  /** Height before older messages were put on top. */
  const heightBefore = useRef<number | undefined>(undefined);
  const follows = useRef(true);
  follows.current = !isHeld;
  useLayoutEffect(() => {
    const element = log.current;
    if (element === null) return;
    if (!isHeld) element.scrollTop = element.scrollHeight;
    else if (heightBefore.current !== undefined) element.scrollTop += element.scrollHeight - heightBefore.current;
    heightBefore.current = undefined;
  }, [lines]);
  // A log at its end stays there when it becomes smaller or larger.
  useEffect(() => {
    const element = log.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => {
      if (follows.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return heightBefore;
}

export function useReading({ log, button }: ReadingElements, live: Live, fetchOlder?: FetchOlder): Reading {
  const [kept, setHeld] = useState<Held>();
  const [older, setOlder] = useState<OlderState>({ state: "idle" });
  const newCount = kept === undefined ? 0 : newSince(kept, live);
  const held = newCount === undefined ? undefined : kept;
  const { lines, count } = held ?? live;
  const isComplete = lines.length >= count;
  const heightBefore = useScrollPosition(log, lines, held !== undefined);
  /** Grows when the log follows again: an answer that comes later is of no use. */
  const released = useRef(0);

  // Of another timeline: it must not come back when that one has as many messages.
  useLayoutEffect(() => {
    if (kept !== undefined && newCount === undefined) follow();
  });

  function follow(): void {
    released.current++;
    // The button that lies over the log goes; what is focused in it does not take the focus along.
    if (button.current?.contains(document.activeElement)) log.current?.focus();
    setHeld(undefined);
    setOlder({ state: "idle" });
  }

  async function loadOlder(): Promise<void> {
    const base = held ?? hold(live);
    const [first] = base.lines;
    if (fetchOlder === undefined || first === undefined || older.state === "loading") return;
    if (isComplete || older.cursor === null) return;
    setHeld(base);
    setOlder({ state: "loading", cursor: older.cursor });
    const since = released.current;
    try {
      const { lines: found, cursor } = await fetchOlder(first, older.cursor);
      if (since !== released.current) return;
      heightBefore.current = log.current?.scrollHeight;
      setHeld((now) => now && withOlder(now, found));
      setOlder({ state: "idle", cursor });
    } catch (error) {
      if (since === released.current) setOlder({ state: "failed", cursor: older.cursor, error });
    }
  }

  function onScroll(): void {
    const element = log.current;
    if (element === null) return;
    const belowPx = element.scrollHeight - element.scrollTop - element.clientHeight;
    if (held === undefined) {
      if (belowPx > endPx) setHeld(hold(live));
    } else if (belowPx <= endPx) {
      const further = newCount === 0 ? undefined : continued(held, live);
      if (further === undefined) follow();
      else setHeld(further);
    } else if (element.scrollTop < nearBeginningPx && older.state === "idle") void loadOlder();
  }

  return { lines, isHeld: held !== undefined, newCount, isComplete, older, follow, loadOlder, onScroll };
}

/** A log of messages: follows what is said while one is at its end, and holds still while one reads above. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Button } from "../design/button.js";
import { EmptyState } from "../design/notice.js";
import { MessageLine } from "./message-line.js";
import { type OlderState, OlderButton } from "./older-button.js";
import { type Held, type Line, type Live, continued, hold, newSince, withOlder } from "./reading.js";
import "./discussions.css";

export interface MessageLogProps {
  /** Read out as the log's name. */
  readonly label: string;
  readonly live: Live;
  /** Whether new messages are read out. One log of a page at most. @default false */
  readonly isAnnounced?: boolean;
  /** Fetches messages before a line, with a cursor from the second time on. Without it the log begins with what is kept. */
  readonly fetchOlder?: (
    before: Line,
    cursor: string | undefined,
  ) => Promise<{ lines: readonly Line[]; cursor: string | null }>;
}

/** Nearer to the end than this one is at the end: positions are fractions of pixels on some screens. */
const endPx = 3;
/** Nearer to the beginning than this older messages are fetched before one arrives there. */
const nearBeginningPx = 240;

const dayOf = (line: Line | undefined): string | undefined => line?.message.timestamp.slice(0, 10);

export function MessageLog({ label, live, isAnnounced = false, fetchOlder }: MessageLogProps) {
  const log = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLDivElement>(null);
  const [kept, setHeld] = useState<Held>();
  const [older, setOlder] = useState<OlderState>({ state: "idle" });
  /** Height before older messages were put on top: what is read stays where it is. */
  const heightBefore = useRef<number | undefined>(undefined);

  const newCount = kept === undefined ? 0 : newSince(kept, live);
  const held = newCount === undefined ? undefined : kept;
  const { lines, count } = held ?? live;
  const isComplete = lines.length >= count;
  const follows = useRef(true);
  follows.current = held === undefined;

  useLayoutEffect(() => {
    const element = log.current;
    if (element === null) return;
    if (held === undefined) element.scrollTop = element.scrollHeight;
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

  /** Grows when what is held is let go: an answer that comes later is of no use. */
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

  return (
    <div class="message-log">
      <div
        ref={log}
        class="message-scroll"
        role="log"
        aria-label={label}
        aria-live={isAnnounced && held === undefined ? "polite" : "off"}
        tabIndex={0}
        onScroll={onScroll}
      >
        {lines.length === 0 ? (
          <EmptyState title="Nothing said yet">Messages appear here as they come.</EmptyState>
        ) : (
          <>
            {fetchOlder !== undefined && (
              <OlderButton older={older} isComplete={isComplete} onLoad={() => void loadOlder()} />
            )}
            <ol class="messages">
              {lines.map((line, at) => (
                <MessageLine key={line.message.id} {...line} beginsDay={dayOf(line) !== dayOf(lines[at - 1] ?? line)} />
              ))}
            </ol>
          </>
        )}
      </div>
      {held !== undefined && (
        <div ref={button} class="message-new">
          <Button kind="primary" onClick={follow}>
            {newCount === 0 ? "To the newest" : `${newCount} new`} ↓
          </Button>
        </div>
      )}
    </div>
  );
}

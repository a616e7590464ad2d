/** A log of messages: follows what is said while one is at its end, and holds still while one reads above. */
import { useRef } from "preact/hooks";
import { Button } from "../design/button.js";
import { EmptyState } from "../design/notice.js";
import { MessageLine } from "./message-line.js";
import { OlderButton } from "./older-button.js";
import type { Line, Live } from "./reading.js";
import { type FetchOlder, useReading } from "./use-reading.js";
import "./discussions.css";

export interface MessageLogProps {
  /** Read out as the log's name. */
  readonly label: string;
  readonly live: Live;
  /** Whether new messages are read out. One log of a page at most. @default false */
  readonly isAnnounced?: boolean;
  /** Fetches messages before a line, with a cursor from the second time on. Without it the log begins with what is kept. */
  readonly fetchOlder?: FetchOlder;
}

const dayOf = (line: Line | undefined): string | undefined => line?.message.timestamp.slice(0, 10);

export function MessageLog({ label, live, isAnnounced = false, fetchOlder }: MessageLogProps) {
  const log = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLDivElement>(null);
  const { lines, isHeld, newCount, isComplete, older, follow, loadOlder, onScroll } = useReading(
    { log, button },
    live,
    fetchOlder,
  );
  return (
    <div class="message-log">
      <div
        ref={log}
        class="message-scroll"
        role="log"
        aria-label={label}
        aria-live={isAnnounced && !isHeld ? "polite" : "off"}
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
      {isHeld && (
        <div ref={button} class="message-new">
          <Button kind="primary" onClick={follow}>
            {newCount === 0 ? "To the newest" : `${newCount} new`} ↓
          </Button>
        </div>
      )}
    </div>
  );
}

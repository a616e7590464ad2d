/** One line of the inspector's list: number, time, name, verdict, and as much of the JSON as fits. */
import type { LoggedEvent } from "../feed/event-log.js";
import { type Verdict, verdictOf } from "../feed/verdict.js";
import { toJson } from "./event-filter.js";

/** What can be seen of a payload on a wide screen. */
const jsonShownMax = 240;

const marks: Readonly<Record<Verdict, { readonly mark: string; readonly says: string }>> = {
  fits: { mark: "✓", says: "fits the contract" },
  undocumented: { mark: "+", says: "has undocumented fields" },
  broken: { mark: "✕", says: "breaks the contract" },
};

/** @example formatInstant(1767623400123) // "14:30:00.123" */
export const formatInstant = (ms: number): string => new Date(ms).toISOString().slice(11, 23);

export interface EventRowProps {
  readonly event: LoggedEvent;
  readonly row: number;
  readonly count: number;
  readonly top: number;
  readonly isSelected: boolean;
}

export function EventRow({ event, row, count, top, isSelected }: EventRowProps) {
  const verdict = verdictOf(event.violations);
  const { mark, says } = marks[verdict];
  return (
    <div
      id={`event-${event.sequence}`}
      class={`event-row ${verdict}`}
      role="option"
      aria-selected={isSelected}
      aria-setsize={count}
      aria-posinset={row + 1}
      data-row={row}
      style={{ transform: `translateY(${top}px)` }}
    >
      <span class="event-number">{event.sequence}</span>
      <span class="event-time">{formatInstant(event.receivedMs)}</span>
      <span class="event-verdict" role="img" aria-label={says}>
        {mark}
      </span>
      <span class="event-name">{event.name}</span>
      <code class="event-json">{toJson(event).slice(0, jsonShownMax)}</code>
    </div>
  );
}

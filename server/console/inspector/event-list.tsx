/**
 * The list of events: however long it is, only the rows in sight are in the document.
 *
 * A row keeps its element while events pass through it, so following a fast stream writes text and builds nothing.
 */
import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { EventRow } from "./event-row.js";
import { freeze, isFrozen, matchAt, matchCount, revision, rowOf, select, selected } from "./matches.js";

const rowsBeyond = 4;
/** As --row-height in inspector.css: one line, or two on a phone. */
const narrow = matchMedia("(max-width: 56rem)");
const rowPx = (): number => (narrow.matches ? 48 : 28);

/** Which row a key goes to, from the selected one. */
function rowAfter(key: string, row: number, page: number): number | undefined {
  switch (key) {
    case "ArrowDown":
      return row + 1;
    case "ArrowUp":
      return row - 1;
    case "PageDown":
      return row + page;
    case "PageUp":
      return row - page;
    case "Home":
      return 0;
    case "End":
      return matchCount() - 1;
    default:
      return undefined;
  }
}

/** The row that an event of the pointer is on. */
function rowUnder({ target }: Event): number | undefined {
  const row = (target as Element).closest<HTMLElement>("[data-row]")?.dataset["row"];
  return row === undefined ? undefined : Number(row);
}

function selectRow(row: number | undefined): void {
  if (row === undefined) return;
  const event = matchAt(Math.max(0, Math.min(row, matchCount() - 1)));
  if (event !== undefined) select(event);
}

/** What is in sight of a list that follows the newest event, or holds still around the selected one. */
function useScrolling(box: RefObject<HTMLDivElement | null>, height: number): Signal<{ top: number; height: number }> {
  const scrolled = useSignal({ top: 0, height: 600 });
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const measure = (): void => void (scrolled.value = { top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  // Following means the top; a selected event is brought into sight.
  useEffect(() => {
    if (!isFrozen.value && box.current !== null) box.current.scrollTop = 0;
  }, [isFrozen.value]);
  useEffect(() => {
    const element = box.current;
    const row = selected.value === undefined ? -1 : rowOf(selected.value);
    if (element === null || row < 0 || !isFrozen.value) return;
    const top = row * height;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + height > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + height - element.clientHeight;
    }
  }, [selected.value, isFrozen.value]);
  return scrolled;
}

export function EventList() {
  const box = useRef<HTMLDivElement>(null);
  const height = rowPx();
  const scrolled = useScrolling(box, height);

  function onScroll(): void {
    const element = box.current;
    if (element === null) return;
    scrolled.value = { top: element.scrollTop, height: element.clientHeight };
    if (element.scrollTop > 0) freeze();
  }

  function onKeyDown(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(scrolled.value.height / height) - 1);
    const from = selected.value === undefined ? -1 : rowOf(selected.value);
    const row = rowAfter(event.key, from, page);
    if (row === undefined) return;
    event.preventDefault();
    selectRow(row);
  }

  void revision.value;
  const count = matchCount();
  const first = Math.max(0, Math.floor(scrolled.value.top / height) - rowsBeyond);
  const last = Math.min(count, Math.ceil((scrolled.value.top + scrolled.value.height) / height) + rowsBeyond);
  const active = selected.value !== undefined && rowOf(selected.value) >= 0 ? selected.value : undefined;
  const rows = [];
  for (let row = first; row < last; row++) {
    const event = matchAt(row);
    if (event === undefined) continue;
    const isSelected = event === active;
    rows.push(<EventRow key={row - first} {...{ event, row, count, top: row * height, isSelected }} />);
  }
  return (
    <div
      ref={box}
      class="event-list"
      role="listbox"
      tabIndex={0}
      aria-label="Events, newest first"
      aria-activedescendant={active === undefined ? undefined : `event-${active.sequence}`}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        if (event.pointerType !== "touch") selectRow(rowUnder(event));
      }}
      onClick={(event) => selectRow(rowUnder(event))}
    >
      <div class="event-space" style={{ height: `${count * height}px` }}>
        {rows}
      </div>
    </div>
  );
}

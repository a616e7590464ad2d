/** The time line: where the simulation is, what happens when, and a way to be elsewhere. */
import { useSignal } from "@preact/signals";
import { formatAge, formatTime } from "../design/format.js";
import { Button } from "../design/button.js";
import { sectors } from "../feed/market.js";
import { control, mayControl, moving } from "./control.js";
import { type Occurrence, nextOccurrence, occurrencesBetween, stretchOf } from "./occurrences.js";
import { kindOf, scenario } from "./scenarios.js";

/** A scenario event is watched from a little before it. */
const runUpMs = 5000;

function describe({ scenarioEvent: { type, sectorId, text } }: Occurrence): string {
  const sector = sectors.value.find(({ id }) => id === sectorId)?.facts.name ?? sectorId;
  return [kindOf(type).name, sector, text].filter((part) => part !== undefined).join(", ");
}

interface MarksProps {
  readonly startMs: number;
  readonly elapsedMs: number;
  readonly stretchMs: number;
  readonly seek: (toMs: number) => void;
}

function Marks({ startMs, elapsedMs, stretchMs, seek }: MarksProps) {
  return (
    <div class="timeline-marks">
      {occurrencesBetween(scenario.value?.events ?? [], 0, stretchMs).map((occurrence) => (
        <button
          key={`${occurrence.scenarioEvent.type} ${occurrence.atMs}`}
          type="button"
          class={occurrence.atMs < elapsedMs ? "past" : ""}
          style={{ left: `${(100 * occurrence.atMs) / stretchMs}%` }}
          disabled={!mayControl.value}
          title={`${formatTime(startMs + occurrence.atMs)}: ${describe(occurrence)}`}
          aria-label={`Go to ${formatTime(startMs + occurrence.atMs)}: ${describe(occurrence)}`}
          onClick={() => seek(Math.max(0, occurrence.atMs - runUpMs))}
        >
          {kindOf(occurrence.scenarioEvent.type).glyph}
        </button>
      ))}
    </div>
  );
}

function Next({ elapsedMs }: { readonly elapsedMs: number }) {
  const next = nextOccurrence(scenario.value?.events ?? [], elapsedMs);
  if (next === undefined) return <span />;
  return (
    <span class="timeline-next" title={describe(next)}>
      {`in ${formatAge(next.atMs - elapsedMs)}: ${describe(next)}`}
    </span>
  );
}

export interface TimelineProps {
  /** Simulated instants, epoch milliseconds. */
  readonly startMs: number;
  readonly nowMs: number;
}

export function Timeline({ startMs, nowMs }: TimelineProps) {
  /** Where the thumb was put but the simulation is not yet, milliseconds after the start. */
  const draft = useSignal<number | undefined>(undefined);
  /** Going back deletes: it is asked for. */
  const asked = useSignal<number | undefined>(undefined);
  const elapsedMs = nowMs - startMs;
  const stretchMs = stretchOf(elapsedMs);

  async function go(toMs: number): Promise<void> {
    asked.value = undefined;
    await control("seek", { to: new Date(startMs + toMs).toISOString() });
    draft.value = undefined;
  }
  function seek(toMs: number): void {
    draft.value = toMs;
    if (toMs < elapsedMs) asked.value = toMs;
    else void go(toMs);
  }
  function stay(): void {
    asked.value = undefined;
    draft.value = undefined;
  }

  /** A thumb that was put back to where it had been taken from has changed nothing, and says so to nobody. */
  function settle(): void {
    if (asked.value === undefined && moving.value !== "seek") draft.value = undefined;
  }

  return (
    <div class="timeline">
      <Marks startMs={startMs} elapsedMs={elapsedMs} stretchMs={stretchMs} seek={seek} />
      <input
        type="range"
        aria-label="Simulated time"
        aria-valuetext={`${formatTime(startMs + (draft.value ?? elapsedMs))} UTC`}
        min={0}
        max={stretchMs}
        step={10_000}
        value={draft.value ?? elapsedMs}
        style={{ "--share": `${Math.min(100, (100 * (draft.value ?? elapsedMs)) / stretchMs)}%` }}
        disabled={!mayControl.value}
        onInput={({ currentTarget }) => (draft.value = Number(currentTarget.value))}
        onPointerUp={() => setTimeout(settle)}
        onChange={({ currentTarget }) => seek(Number(currentTarget.value))}
      />
      <div class="timeline-words">
        <span>{formatTime(startMs).slice(0, 5)}</span>
        <Next elapsedMs={elapsedMs} />
        <span>{formatTime(startMs + stretchMs).slice(0, 5)}</span>
      </div>
      {asked.value !== undefined && (
        <div class="ask" role="alertdialog" aria-label="Go back in time">
          <p>
            {`Go back to ${formatTime(startMs + asked.value)}? What was said and traded after it is deleted, for everybody.`}
          </p>
          <div class="ask-answers">
            <Button kind="primary" onClick={() => void go(asked.value ?? elapsedMs)}>
              Go back
            </Button>
            <Button onClick={stay}>Stay</Button>
          </div>
        </div>
      )}
    </div>
  );
}

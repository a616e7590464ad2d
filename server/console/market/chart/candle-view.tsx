/** One sector at one interval: loads, follows and shows its candles, and says so where it cannot. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { CandleInterval } from "../../../../schemas/candle-intervals.js";
import { Button } from "../../design/button.js";
import { formatPrice, formatDate, formatTime } from "../../design/format.js";
import { EmptyState, ErrorState } from "../../design/notice.js";
import type { Bar } from "./bars.js";
import { type ChartHandle, type ChartState, LiveChart } from "./live-chart.js";

export interface CandleViewProps {
  readonly sectorId: string;
  readonly name: string;
  readonly interval: CandleInterval;
  readonly isLive: Signal<boolean>;
  readonly handle: Signal<ChartHandle | undefined>;
}

function Figures({ bar }: { readonly bar: Bar }) {
  return (
    <p class="chart-figures">
      <time>{`${formatDate(bar.time * 1000)} ${formatTime(bar.time * 1000)} UTC`}</time>
      {(["open", "high", "low", "close"] as const).map((name) => (
        <span key={name}>
          <small>{name}</small> {formatPrice(bar[name])}
        </span>
      ))}
    </p>
  );
}

export function CandleView({ sectorId, name, interval, isLive, handle }: CandleViewProps) {
  const place = useRef<HTMLDivElement>(null);
  const state = useSignal<ChartState>({ kind: "loading" });
  const pointed = useSignal<Bar | undefined>(undefined);
  const attempt = useSignal(0);

  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const chart = new LiveChart(element, { sectorId, interval, isLive, handle, state, pointed, attempt });
    return () => chart.close();
  }, []);

  const now = state.value;
  return (
    <div class="chart">
      <div
        ref={place}
        class="chart-place"
        role="img"
        aria-label={`${name}, candles of ${interval}${pointed.value === undefined ? "" : `, last ${formatPrice(pointed.value.close)}`}`}
        data-state={now.kind}
      />
      {pointed.value !== undefined && now.kind === "shown" && <Figures bar={pointed.value} />}
      {now.kind === "empty" && (
        <div class="chart-over">
          <EmptyState title="No history yet">
            {`The first candle of ${name} appears with its first value: let the simulation play, or step it.`}
          </EmptyState>
        </div>
      )}
      {now.kind === "failed" && (
        <div class="chart-over">
          <ErrorState title="The history could not be fetched">
            <p>{now.reason}</p>
            <Button onClick={() => attempt.value++}>Try again</Button>
          </ErrorState>
        </div>
      )}
    </div>
  );
}

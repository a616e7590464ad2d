/** One sector at one interval: loads, follows and shows its candles, and says so where it cannot. */
import { type Signal, effect, untracked, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type CandleInterval, intervalMsOf } from "../../../../schemas/candle-intervals.js";
import { Button } from "../../design/button.js";
import { formatPrice, formatDate, formatTime } from "../../design/format.js";
import { EmptyState, ErrorState } from "../../design/notice.js";
import { generation } from "../../feed/feed-state.js";
import { atNextFrame } from "../../feed/frame.js";
import { explain } from "../../feed/rest.js";
import { simulation } from "../../feed/simulation.js";
import { theme } from "../../shell/theme.js";
import type { Bar } from "./bars.js";
import type { CandleChart } from "./candle-chart.js";
import { CandleSource } from "./candle-source.js";

/** What the panel's buttons and keys do with the chart. */
export type ChartHandle = Pick<CandleChart, "goLive" | "scroll" | "zoom">;

type State = { readonly kind: "loading" | "empty" | "shown" } | { readonly kind: "failed"; readonly reason: string };

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
  const state = useSignal<State>({ kind: "loading" });
  const pointed = useSignal<Bar | undefined>(undefined);
  const attempt = useSignal(0);

  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const source = new CandleSource(sectorId, interval);
    const { bars } = source;
    const stops: (() => void)[] = [() => source.close()];
    let chart: CandleChart | undefined;
    let isClosed = false;
    let dirtyFrom = Infinity;
    let isLoadingOlder = false;
    let pointedTime: number | undefined;

    function describe(): void {
      const shown = pointedTime === undefined ? bars.last : bars.all.findLast(({ time }) => time === pointedTime);
      pointed.value = shown ?? bars.last;
      if (element !== null) element.dataset["bars"] = String(bars.all.length);
    }
    function setAll(): void {
      chart?.set(bars.all);
      dirtyFrom = Infinity;
      state.value = { kind: bars.all.length === 0 ? "empty" : "shown" };
      describe();
    }
    function flush(): void {
      if (isClosed || chart === undefined || dirtyFrom === Infinity) return;
      if (isLive.value && bars.trim()) chart.set(bars.all);
      else chart.update(bars.all, dirtyFrom);
      dirtyFrom = Infinity;
      state.value = { kind: "shown" };
      describe();
    }
    async function loadOlder(): Promise<void> {
      if (isLoadingOlder || !source.hasOlder) return;
      isLoadingOlder = true;
      try {
        await source.loadOlder();
        if (!isClosed) setAll();
      } catch {
        // What is shown stays; scrolling on asks again.
      } finally {
        isLoadingOlder = false;
      }
    }

    let bootId: string | undefined;
    async function load(): Promise<void> {
      try {
        const isOtherTimeline = bootId !== undefined && bootId !== simulation.value?.bootId;
        bootId = simulation.value?.bootId;
        const [{ CandleChart: Chart }] = await Promise.all([
          import("./candle-chart.js"),
          source.loadNewest(isOtherTimeline),
        ]);
        if (isClosed || element === null) return;
        if (chart === undefined) {
          chart = new Chart(element, intervalMsOf[interval] / 1000, {
            onNearOldest: () => void loadOlder(),
            onLive: (live) => (isLive.value = live),
            onPoint: (time) => {
              pointedTime = time;
              describe();
            },
            onRange: (to) => (element.dataset["to"] = String(to)),
          });
          handle.value = chart;
        }
        setAll();
        if (isOtherTimeline) chart.goLive();
      } catch (error) {
        if (!isClosed) state.value = { kind: "failed", reason: explain(error) };
      }
    }

    stops.push(
      source.follow(sectorId, intervalMsOf[interval] >= 60_000, (time) => {
        dirtyFrom = Math.min(dirtyFrom, time);
        atNextFrame(flush);
      }),
      effect(() => {
        if (theme.value !== undefined) chart?.paint();
      }),
      effect(() => {
        if (generation.value >= 0 && attempt.value >= 0) untracked(() => void load());
      }),
    );
    isLive.value = true;
    return () => {
      isClosed = true;
      handle.value = undefined;
      for (const stop of stops) stop();
      chart?.close();
    };
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

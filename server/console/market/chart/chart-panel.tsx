/** The candle chart of the sector that is looked at. */
import { useSignal } from "@preact/signals";
import { candleIntervals } from "../../../../schemas/candle-intervals.js";
import { Badge } from "../../design/badge.js";
import { Button, Choice } from "../../design/button.js";
import { formatPercent, formatPrice } from "../../design/format.js";
import { EventsLink } from "../../inspector/events-link.js";
import { Panel } from "../../design/panel.js";
import { Arrow, directionOf } from "../../design/trend.js";
import { ageOf } from "../../feed/freshness.js";
import type { LiveSector } from "../../feed/market.js";
import { useShortcuts } from "../../shell/shortcuts.js";
import { percentOf } from "../heat.js";
import { interval, selectInterval, selectSector } from "../selection.js";
import { CandleView } from "./candle-view.js";
import type { ChartHandle } from "./live-chart.js";

function Quote({ sector }: { readonly sector: LiveSector }) {
  const { value } = sector.quote.value;
  const percent = percentOf(value, sector.facts.open);
  const direction = directionOf(percent);
  const { isStale } = ageOf(sector.quote.value);
  return (
    <span class={isStale ? "chart-quote stale" : "chart-quote"}>
      <b>{formatPrice(value)}</b>{" "}
      <span class={direction}>
        <Arrow direction={direction} /> {formatPercent(percent)}
      </span>
    </span>
  );
}

function nextInterval(step: number): void {
  const next = candleIntervals[candleIntervals.indexOf(interval.value) + step];
  if (next !== undefined) selectInterval(next);
}

export function ChartPanel({ sector }: { readonly sector: LiveSector }) {
  const isLive = useSignal(true);
  const handle = useSignal<ChartHandle | undefined>(undefined);
  useShortcuts([
    { key: "ArrowLeft", does: "Back in time", group: "Chart", run: () => handle.value?.scroll(-0.25) },
    { key: "ArrowRight", does: "On in time", group: "Chart", run: () => handle.value?.scroll(0.25) },
    { key: "+", does: "Larger", group: "Chart", run: () => handle.value?.zoom(1.25) },
    { key: "-", does: "Smaller", group: "Chart", run: () => handle.value?.zoom(0.8) },
    { key: "End", does: "Go to live", group: "Chart", run: () => handle.value?.goLive() },
    { key: "i", does: "Longer interval", group: "Chart", run: () => nextInterval(1) },
    { key: "u", does: "Shorter interval", group: "Chart", run: () => nextInterval(-1) },
    { key: "Escape", does: "Close the chart", group: "Chart", run: () => selectSector(undefined) },
  ]);
  return (
    <Panel
      id="chart"
      class="chart-panel"
      flush
      title={
        <>
          <span class="chart-name">{sector.facts.name}</span> <Quote sector={sector} />
        </>
      }
      actions={
        <>
          <span class="chart-live">
            {isLive.value ? (
              <Badge tone="good">At the newest</Badge>
            ) : (
              <Button kind="primary" title="Go to live (End)" onClick={() => handle.value?.goLive()}>
                Go to live
              </Button>
            )}
          </span>
          <Choice
            label="Interval"
            options={candleIntervals.map((each) => [each, each] as const)}
            value={interval.value}
            onChange={selectInterval}
          />
          <EventsLink entity={sector.id} />
          <Button
            kind="icon"
            aria-label="Close the chart"
            title="Close the chart (Esc)"
            onClick={() => selectSector(undefined)}
          >
            ✕
          </Button>
        </>
      }
    >
      {/* Another sector or interval is another chart. */}
      <CandleView
        key={`${sector.id} ${interval.value}`}
        sectorId={sector.id}
        name={sector.facts.name}
        interval={interval.value}
        isLive={isLive}
        handle={handle}
      />
      <p class="chart-credit">
        <a href="https://www.tradingview.com/" rel="noreferrer">
          TradingView Lightweight Charts™
        </a>{" "}
        © 2025 TradingView, Inc.
      </p>
    </Panel>
  );
}

/**
 * The chart itself: lightweight-charts in the console's colours.
 *
 * Loaded when first opened, because it weighs more than the rest of the console. Its logo is switched off, because
 * it comes with a style element that the page's policy refuses; the panel shows the attribution instead.
 */
import {
  CandlestickSeries,
  ColorType,
  CrosshairMode,
  type IChartApi,
  type ISeriesApi,
  type UTCTimestamp,
  createChart,
} from "lightweight-charts";
import type { Bar } from "./bars.js";

/** Bars of free space at the right of the newest. */
const rightOffset = 4;
/** Bars between the oldest and the left edge at which older ones are asked for. */
const nearOldest = 40;
/** Widest bar, with the space beside it. Pixels. */
const barSpacingMax = 60;
/** Shorter bars soon are many. Seconds. */
const fittedIntervalMin = 900;
/** Missing bars in a row that are drawn as a gap; of a longer pause nothing is drawn. */
const gapMax = 500;
/** More bars than this are handed over in one piece. */
const updatesMax = 100;

export interface ChartEvents {
  /** The left edge is near the oldest bar. */
  readonly onNearOldest: () => void;
  /** The newest bar came into view, or left it. */
  readonly onLive: (isLive: boolean) => void;
  /** The bar under the pointer. */
  readonly onPoint: (time: number | undefined) => void;
  /** The newest visible bar is another; epoch seconds. */
  readonly onRange: (to: number) => void;
}

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** A bar, or a time without one. */
type Datum = (Bar | { readonly time: number }) & { readonly time: UTCTimestamp };

/**
 * The bars from an index on, with an empty place for each that is missing: the library sets bars side by side,
 * whatever their times.
 */
function toData(bars: readonly Bar[], from: number, intervalSeconds: number): Datum[] {
  const data: { readonly time: number }[] = [];
  let before = bars[from - 1]?.time;
  for (const bar of bars.slice(from)) {
    const { time } = bar;
    before ??= time;
    if (time - before <= gapMax * intervalSeconds) {
      for (let empty = before + intervalSeconds; empty < time; empty += intervalSeconds) data.push({ time: empty });
    }
    data.push(bar);
    before = time;
  }
  return data as Datum[];
}

export class CandleChart {
  readonly #chart: IChartApi;
  readonly #series: ISeriesApi<"Candlestick">;
  readonly #element: HTMLElement;
  readonly #intervalSeconds: number;
  readonly #events: ChartEvents;
  #isFitted = false;
  /** Time of the newest bar that is drawn. */
  #newest = -Infinity;

  constructor(element: HTMLElement, intervalSeconds: number, events: ChartEvents) {
    this.#element = element;
    this.#intervalSeconds = intervalSeconds;
    this.#events = events;
    this.#chart = createChart(element, {
      autoSize: true,
      layout: { attributionLogo: false, fontSize: 11, fontFamily: token("sans") },
      crosshair: { mode: CrosshairMode.Normal },
      rightPriceScale: { borderVisible: false },
      timeScale: {
        borderVisible: false,
        timeVisible: true,
        secondsVisible: intervalSeconds < 60,
        rightOffset,
        minBarSpacing: 1,
      },
      localization: { locale: "en" },
    });
    this.#series = this.#chart.addSeries(CandlestickSeries, { priceLineVisible: true });
    this.paint();
    const timeScale = this.#chart.timeScale();
    timeScale.subscribeVisibleLogicalRangeChange((range) => {
      if (range === null) return;
      events.onLive(timeScale.scrollPosition() >= 0);
      const visible = timeScale.getVisibleRange();
      if (visible !== null) events.onRange(visible.to as number);
      if (range.from < nearOldest) events.onNearOldest();
    });
    this.#chart.subscribeCrosshairMove(({ time }) => events.onPoint(time as number | undefined));
  }

  /** Takes over the tokens' colours; rising bars are hollow, so that colour is not the only sign. */
  paint(): void {
    const [up, down, line] = [token("up"), token("down"), token("line")];
    this.#chart.applyOptions({
      layout: { background: { type: ColorType.Solid, color: token("surface") }, textColor: token("ink-faint") },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
    });
    this.#series.applyOptions({
      upColor: token("surface"),
      downColor: down,
      borderUpColor: up,
      borderDownColor: down,
      wickUpColor: up,
      wickDownColor: down,
      priceLineColor: token("ink-faint"),
    });
  }

  /** Shows these bars. What is looked at stays where it is: the library counts from the newest bar. */
  set(bars: readonly Bar[]): void {
    this.#series.setData(toData(bars, 0, this.#intervalSeconds));
    this.#newest = bars.at(-1)?.time ?? -Infinity;
    if (!this.#isFitted && bars.length > 0 && this.#intervalSeconds >= fittedIntervalMin) this.#fit(bars.length);
  }

  /** Brings the bars from `time` on up to date. */
  update(bars: readonly Bar[], time: number): void {
    const from = bars.findLastIndex((bar) => bar.time < time) + 1;
    // The library changes the newest bar or appends to it, and throws for any other.
    if (time < this.#newest || bars.length - from > updatesMax) {
      this.set(bars);
      return;
    }
    for (const datum of toData(bars, from, this.#intervalSeconds)) {
      if (datum.time >= this.#newest) this.#series.update(datum);
    }
    this.#newest = bars.at(-1)?.time ?? this.#newest;
  }

  /** Bars that are too few to fill the width are drawn wider, and in the middle where that is not enough. */
  #fit(count: number): void {
    this.#isFitted = true;
    const timeScale = this.#chart.timeScale();
    const width = timeScale.width() || this.#element.clientWidth;
    const spacing = Math.min(barSpacingMax, width / (count + rightOffset));
    if (spacing <= timeScale.options().barSpacing) return;
    const spare = (width / spacing - count) / 2;
    timeScale.setVisibleLogicalRange({ from: -spare, to: count - 1 + spare });
  }

  goLive(): void {
    this.#chart.timeScale().scrollToPosition(rightOffset, false);
    this.#events.onLive(true);
  }

  /** Moves the view by a share of its width; negative goes back. */
  scroll(share: number): void {
    const timeScale = this.#chart.timeScale();
    const range = timeScale.getVisibleLogicalRange();
    if (range === null) return;
    timeScale.scrollToPosition(timeScale.scrollPosition() + share * (range.to - range.from), false);
  }

  /** Shows more bars (a factor below 1) or fewer. */
  zoom(factor: number): void {
    const timeScale = this.#chart.timeScale();
    const { barSpacing } = timeScale.options();
    timeScale.applyOptions({ barSpacing: Math.min(barSpacingMax, Math.max(1, barSpacing * factor)) });
  }

  close(): void {
    this.#chart.remove();
  }
}

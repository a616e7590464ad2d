/**
 * A chart of one sector's candles: loads the newest, follows what comes, loads older ones when it is scrolled there.
 *
 * Candles that arrive are drawn at most once a frame. After a change of timeline everything is loaded anew.
 */
import { type Signal, effect, untracked } from "@preact/signals";
import { type CandleInterval, intervalMsOf } from "../../../../schemas/candle-intervals.js";
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

export type ChartState =
  | { readonly kind: "loading" | "empty" | "shown" }
  | { readonly kind: "failed"; readonly reason: string };

export interface LiveChartOptions {
  readonly sectorId: string;
  readonly interval: CandleInterval;
  /** Set to whether the newest candle is in sight. */
  readonly isLive: Signal<boolean>;
  /** Set once there is a chart to scroll. */
  readonly handle: Signal<ChartHandle | undefined>;
  readonly state: Signal<ChartState>;
  /** Set to the bar under the pointer, or else the newest. */
  readonly pointed: Signal<Bar | undefined>;
  /** A change makes it load again. */
  readonly attempt: Signal<number>;
}

export class LiveChart {
  readonly #element: HTMLElement;
  readonly #options: LiveChartOptions;
  readonly #intervalMs: number;
  readonly #source: CandleSource;
  readonly #stops: readonly (() => void)[];
  #chart: CandleChart | undefined;
  #isClosed = false;
  /** Time of the first bar that changed since the chart was drawn. */
  #dirtyFrom = Infinity;
  #isLoadingOlder = false;
  #pointedTime: number | undefined;
  #bootId: string | undefined;

  /** One function for all calls of a frame, so that it is called once. */
  readonly #drawChanges = (): void => {
    if (this.#isClosed || this.#chart === undefined || this.#dirtyFrom === Infinity) return;
    const { bars } = this.#source;
    if (this.#options.isLive.value && bars.trim()) this.#chart.set(bars.all);
    else this.#chart.update(bars.all, this.#dirtyFrom);
    this.#dirtyFrom = Infinity;
    this.#options.state.value = { kind: "shown" };
    this.#describe();
  };

  constructor(element: HTMLElement, options: LiveChartOptions) {
    const { sectorId, interval, isLive, attempt } = options;
    this.#element = element;
    this.#options = options;
    this.#intervalMs = intervalMsOf[interval];
    this.#source = new CandleSource(sectorId, interval);
    isLive.value = true;
    this.#stops = [
      this.#source.follow(sectorId, this.#intervalMs >= 60_000, (time) => {
        this.#dirtyFrom = Math.min(this.#dirtyFrom, time);
        atNextFrame(this.#drawChanges);
      }),
      effect(() => {
        if (theme.value !== undefined) this.#chart?.paint();
      }),
      effect(() => {
        if (generation.value >= 0 && attempt.value >= 0) untracked(() => void this.#load());
      }),
    ];
  }

  close(): void {
    this.#isClosed = true;
    this.#options.handle.value = undefined;
    for (const stop of this.#stops) stop();
    this.#source.close();
    this.#chart?.close();
  }

  async #load(): Promise<void> {
    const { state } = this.#options;
    try {
      const isOtherTimeline = this.#bootId !== undefined && this.#bootId !== simulation.value?.bootId;
      this.#bootId = simulation.value?.bootId;
      const [{ CandleChart: Chart }] = await Promise.all([
        import("./candle-chart.js"),
        this.#source.loadNewest(isOtherTimeline),
      ]);
      if (this.#isClosed) return;
      this.#chart ??= this.#createChart(Chart);
      this.#drawAll();
      if (isOtherTimeline) this.#chart.goLive();
    } catch (error) {
      if (!this.#isClosed) state.value = { kind: "failed", reason: explain(error) };
    }
  }

  #createChart(Chart: typeof CandleChart): CandleChart {
    const { isLive, handle } = this.#options;
    const chart = new Chart(this.#element, this.#intervalMs / 1000, {
      onNearOldest: () => void this.#loadOlder(),
      onLive: (live) => (isLive.value = live),
      onPoint: (time) => {
        this.#pointedTime = time;
        this.#describe();
      },
      onRange: (to) => (this.#element.dataset["to"] = String(to)),
    });
    handle.value = chart;
    return chart;
  }

  async #loadOlder(): Promise<void> {
    if (this.#isLoadingOlder || !this.#source.hasOlder) return;
    this.#isLoadingOlder = true;
    try {
      await this.#source.loadOlder();
      if (!this.#isClosed) this.#drawAll();
    } catch {
      // What is shown stays; scrolling on asks again.
    } finally {
      this.#isLoadingOlder = false;
    }
  }

  #drawAll(): void {
    const { bars } = this.#source;
    this.#chart?.set(bars.all);
    this.#dirtyFrom = Infinity;
    this.#options.state.value = { kind: bars.all.length === 0 ? "empty" : "shown" };
    this.#describe();
  }

  #describe(): void {
    const { bars } = this.#source;
    const time = this.#pointedTime;
    const shown = time === undefined ? undefined : bars.all.findLast((bar) => bar.time === time);
    this.#options.pointed.value = shown ?? bars.last;
    this.#element.dataset["bars"] = String(bars.all.length);
  }
}

/** What a run shows while it goes on: a plain line every few seconds, or a bar that overwrites itself on a terminal. */
import { type MergedSecond, latencyOf } from "./generator/seconds.js";
import type { LoadtestOptions } from "./options.js";
import { formatSeconds } from "./figures.js";
import type { Timetable } from "./timetable.js";

const plainEverySeconds = 5;
const barWidth = 24;

export class Progress {
  readonly #options: LoadtestOptions;
  readonly #totalMs: number;
  readonly #startMs = performance.now();
  #stage = "connect";
  #count = 0;
  #deliveries = 0;
  #isDrawn = false;

  constructor(options: LoadtestOptions, timetable: Timetable) {
    this.#options = options;
    const { opening, warmupMs, measuredMs, clientsMax } = timetable;
    this.#totalMs = (opening?.durationMs ?? 0) + warmupMs + measuredMs;
    this.#print(
      `Plan ${options.plan.name}: ${clientsMax} subscribers of ${options.url}, ${formatSeconds(this.#totalMs)}.`,
    );
  }

  /** A stage begins. Zero is of no fixed length. */
  stage(name: string, durationMs = 0): void {
    this.#stage = name;
    const length = durationMs > 0 ? ` for ${formatSeconds(durationMs)}` : "";
    if (this.#options.color !== true) this.#print(`${this.#clock()}  ${name}${length}`);
  }

  second(second: MergedSecond): void {
    const { connected, deliveries, faults } = second;
    const latency = latencyOf(second);
    const perSecond = Math.max(0, deliveries - this.#deliveries);
    this.#deliveries = deliveries;
    this.#count += 1;
    const p99 = latency.count === 0 ? "" : `, p99 ${latency.percentileMs(99).toFixed(1)} ms`;
    const figures = `${this.#stage}: ${connected} connected, ${perSecond.toLocaleString("en")} deliveries/s${p99}, ${faults} faults`;
    if (this.#options.color === true) this.#draw(figures);
    else if (this.#count % plainEverySeconds === 0) this.#print(`${this.#clock()}  ${figures}`);
  }

  end(): void {
    if (this.#isDrawn) process.stderr.write("\r\u001B[K");
    this.#isDrawn = false;
  }

  #clock(): string {
    return `${Math.round((performance.now() - this.#startMs) / 1000)} s`;
  }

  #draw(figures: string): void {
    if (this.#options.quiet === true) return;
    const filled = Math.round(Math.min(1, (performance.now() - this.#startMs) / this.#totalMs) * barWidth);
    process.stderr.write(`\r\u001B[K${"█".repeat(filled)}${"░".repeat(barWidth - filled)} ${figures}`);
    this.#isDrawn = true;
  }

  #print(line: string): void {
    if (this.#options.quiet !== true) this.#options.progress?.(line);
  }
}

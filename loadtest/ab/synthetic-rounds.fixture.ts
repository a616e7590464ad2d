/** Rounds with a planted cost of B: processes that differ, a machine that drifts and has busy spells, latencies with long tails. */
import type { AbRound } from "../../schemas/index.js";
import { createStream } from "../../simulator/random/stream.js";
import { figuresOf, isPrecise } from "./figures.js";
import { orderOf, sides } from "./rounds.js";

export interface SyntheticTest {
  readonly seed: number;
  /** CPU of B by that of A. @default 1 */
  readonly factor?: number;
  /** Deviation of a round's processor time, as a natural logarithm; latencies have more. @default 0.02 */
  readonly deviation?: number;
  /** CPU of A' by that of A: a machine that cannot tell equal servers apart. @default 1 */
  readonly controlFactor?: number;
  /** @default 30 */
  readonly roundsMax?: number;
  /** @default 0.03 */
  readonly precision?: number;
}

/** Of a round's latencies and REST, by that of processor time. */
const latencySpread = { p50Ms: 4, p99Ms: 10, completionMs: 5, httpP90Ms: 8 };

/** Rounds as they would be conducted: until they are precise enough, or used up. */
export function makeRounds({
  seed,
  factor = 1,
  deviation = 0.02,
  controlFactor = 1,
  roundsMax = 30,
  precision = 0.03,
}: SyntheticTest): AbRound[] {
  const stream = createStream(String(seed), "synthetic", "ab", "rounds");
  const factors = { a: 1, b: factor, control: controlFactor };
  const rounds: AbRound[] = [];
  let drift = 0;
  for (let block = 1; block * sides.length <= roundsMax; block += 1) {
    for (const server of orderOf(block)) {
      drift += 0.5 * deviation * stream.normal();
      // A neighbour that is busy for this round.
      const spell = stream.uniform() < 0.05 ? 3 : 1;
      const common = deviation * spell * stream.normal();
      const noise = (spread: number): number => Math.exp(drift + spread * (common + deviation * 0.3 * stream.normal()));
      rounds.push({
        block,
        server,
        verdict: "PASS",
        reasons: [],
        isCounted: true,
        atMs: rounds.length * 13_000,
        durationMs: 13_000,
        cpuUsPerDelivery: 8 * factors[server] * noise(1),
        p50Ms: 5 * noise(latencySpread.p50Ms),
        p99Ms: 20 * noise(latencySpread.p99Ms),
        completionMs: 7 * noise(latencySpread.completionMs),
        httpP90Ms: 4 * noise(latencySpread.httpP90Ms),
      });
    }
    if (isPrecise(figuresOf(rounds), precision)) return rounds;
  }
  return rounds;
}

/** Which of the candles that the world builds itself those of an interval are rolled up from. */
import { type CandleInterval, intervalMsOf } from "../../schemas/index.js";
import type { BuiltInterval } from "../../simulator/index.js";

export function builtInterval(interval: CandleInterval): BuiltInterval {
  return intervalMsOf[interval] < intervalMsOf["1m"] ? "1s" : "1m";
}

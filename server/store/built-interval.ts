/** Which of the candles that the world builds itself those of an interval are rolled up from. */
import { type BuiltInterval, intervalMsOf } from "../../simulator/index.js";
import type { CandleInterval } from "./store.js";

export function builtInterval(interval: CandleInterval): BuiltInterval {
  return intervalMsOf[interval] < intervalMsOf["1m"] ? "1s" : "1m";
}

/** The intervals that candles can be asked for in, shortest first, and how long each is: one table for server, console and checker. */
export const intervalMsOf = {
  "1s": 1000,
  "5s": 5000,
  "1m": 60_000,
  "5m": 300_000,
  "15m": 900_000,
  "1h": 3_600_000,
  "1d": 86_400_000,
} as const;

export type CandleInterval = keyof typeof intervalMsOf;

export const candleIntervals = Object.keys(intervalMsOf) as readonly CandleInterval[];

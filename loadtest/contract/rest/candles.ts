/** A sector's candles over REST: each interval, both orders, and the edges of a range. */
import { type CandleInterval, candleIntervals, intervalMsOf } from "../../../schemas/index.js";
import { judgeCandle } from "../events/candle-rules.js";
import { type Rest, call } from "./call.js";
import { judgePages } from "./lists.js";
import { type Row, textOf } from "./rows.js";

const operation = "GET /api/sectors/:id/candles";

export interface CandleRow extends Row {
  readonly timestamp: string;
  readonly value: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly closed: boolean;
}

const byBucket = (row: Row): string => textOf(row, "timestamp");

export async function readCandles(
  rest: Rest,
  id: string,
  query: Readonly<Record<string, string | number>>,
): Promise<readonly CandleRow[] | undefined> {
  const answer = await call(rest, {
    operation,
    params: { id },
    query,
    expect: 200,
    rule: "read-status",
    about: JSON.stringify(query),
  });
  return answer === undefined ? undefined : (answer.json as { data: readonly CandleRow[] }).data;
}

function judgeBuckets(rest: Rest, interval: CandleInterval, candles: readonly CandleRow[], sort: "asc" | "desc"): void {
  const { judge } = rest;
  for (const candle of candles) {
    judgeCandle(judge, operation, candle, candle);
    judge.check("candle-bucket", operation, Date.parse(candle.timestamp) % intervalMsOf[interval] === 0, () => ({
      detail: `a ${interval} candle begins at ${candle.timestamp}`,
      value: candle.timestamp,
      example: candle,
    }));
  }
  for (const [n, after] of candles.slice(1).entries()) {
    const before = candles[n]!;
    const step = Date.parse(after.timestamp) - Date.parse(before.timestamp);
    judge.check("candle-order", operation, sort === "asc" ? step > 0 : step < 0, () => ({
      detail: `${after.timestamp} follows ${before.timestamp} with sort=${sort}`,
      value: after.timestamp,
    }));
  }
}

async function judgeSpan(rest: Rest, id: string, candles: readonly CandleRow[]): Promise<void> {
  const [from, , to] = candles;
  if (from === undefined || to === undefined) return;
  const inside = await readCandles(rest, id, { interval: "1m", start: from.timestamp, end: to.timestamp, sort: "asc" });
  if (inside === undefined) return;
  const shown = new Set(inside.map(({ timestamp }) => Date.parse(timestamp)));
  rest.judge.check("candle-span", operation, shown.has(Date.parse(from.timestamp)), () => ({
    detail: `start=${from.timestamp} leaves out the candle that begins there`,
    value: inside[0]?.timestamp,
  }));
  rest.judge.check("candle-span", operation, !shown.has(Date.parse(to.timestamp)), () => ({
    detail: `end=${to.timestamp} gives the candle that begins there`,
    value: to.timestamp,
  }));
}

export async function judgeCandles(rest: Rest, id: string): Promise<void> {
  for (const interval of candleIntervals) {
    for (const sort of ["asc", "desc"] as const) {
      const candles = await readCandles(rest, id, { interval, sort, limit: 50 });
      if (candles === undefined) continue;
      judgeBuckets(rest, interval, candles, sort);
      if (interval === "1m" && sort === "asc") await judgeSpan(rest, id, candles);
    }
  }
  await judgePages(
    rest,
    { operation, params: { id }, query: { interval: "1m", sort: "desc" } },
    { key: byBucket, grows: true },
  );
  await call(rest, {
    operation,
    params: { id: "no-such-id-9" },
    expect: 404,
    rule: "unknown-id",
    about: "an unknown sector",
  });
}

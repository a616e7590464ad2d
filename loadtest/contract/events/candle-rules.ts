/** What must hold in every candle, whether it came as an event or from history. */
import type { Judge } from "../core/findings.js";

interface CandleValues {
  readonly value: number;
  readonly open?: number;
  readonly high?: number;
  readonly low?: number;
  readonly close?: number;
}

export function judgeCandle(judge: Judge, subject: string, candle: CandleValues, example: unknown): void {
  const { value, open, high, low, close } = candle;
  // Where there is a close, value is held against that; outside the range it would say the same twice.
  const inner = close === undefined ? { open, value } : { open, close };
  for (const [name, price] of Object.entries(inner)) {
    if (price === undefined) continue;
    if (low !== undefined)
      judge.check("candle-range", subject, low <= price, () => ({
        detail: `low ${low} is above ${name} ${price}`,
        value: low,
        example,
      }));
    if (high !== undefined)
      judge.check("candle-range", subject, price <= high, () => ({
        detail: `high ${high} is below ${name} ${price}`,
        value: high,
        example,
      }));
  }
  if (low !== undefined && high !== undefined) {
    judge.check("candle-range", subject, low <= high, () => ({
      detail: `low ${low} is above high ${high}`,
      value: low,
      example,
    }));
  }
  if (close !== undefined)
    judge.check("candle-value", subject, value === close, () => ({
      detail: `value ${value} is not close ${close}`,
      value,
      example,
    }));
}

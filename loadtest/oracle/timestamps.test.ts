import { expect, test } from "vitest";
import { readEmissionTimestamp } from "./timestamps.js";

function update(timestamp: unknown): string {
  return JSON.stringify(["market:update", { indexValue: 1, timestamp }]);
}

test.each([
  ["2025-01-15T10:30:00.250Z", 250, false],
  ["2025-01-15T10:30:00.250999Z", 250, false],
  ["2025-01-15T10:30:00Z", 0, true],
  ["2025-01-15T10:30:00.000000Z", 0, true],
  ["2025-01-15T11:30:00.100+01:00", 100, false],
])("%s is an instant", (timestamp, fractionMs, isWholeSecond) => {
  const wallMs = Date.UTC(2025, 0, 15, 10, 30) + fractionMs;
  expect(readEmissionTimestamp(update(timestamp))).toEqual({ wallMs, isWholeSecond });
});

test("a message's is inside the message", () => {
  const text = JSON.stringify(["discussion:new_message", { message: { timestamp: "2025-01-15T10:30:00Z" } }]);
  expect(readEmissionTimestamp(text)).toMatchObject({ isWholeSecond: true });
});

test.each([
  update(undefined),
  update(1_736_937_000_000),
  update("2025-01-15T10:30:00.250"),
  update("2025-01-15"),
  update("T99Z"),
  '["market:update"]',
  '["market:update",null]',
  '["market:update",{',
  '["discussion:new_message",{"message":null}]',
  '["sector:candle_update",{"candle":{"timestamp":"2025-01-15T10:30:00Z"},"timestamp":"2025-01-15T10:30:00Z"}]',
  '["agent:status_update",{"agentId":"agent-1","status":"idle"}]',
  '["toString",{}]',
])("%s tells nothing", (text) => {
  expect(readEmissionTimestamp(text)).toBeUndefined();
});

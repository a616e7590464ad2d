import { expect, test } from "vitest";
import { exp, log } from "../../numeric/exp-log.js";
import { createStream } from "../../random/stream.js";
import { type Status, StatusProcess, dwellDispersion, never, statuses, tempoAt, timeShares } from "./status-process.js";

/** One agent for so many changes: how long it stayed in each status. */
function live(changes: number, perMinute = 2): Map<Status, number[]> {
  const process = new StatusProcess(perMinute);
  const stream = createStream("42", "agent", "agent-001", "status");
  const stays = new Map<Status, number[]>(statuses.map((status) => [status, []]));
  let status: Status = "idle";
  for (let change = 0; change < changes; change++) {
    stays.get(status)?.push(process.dwell(status, stream));
    status = process.next(status, stream);
  }
  return stays;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values: readonly number[]): number {
  const center = mean(values);
  return mean(values.map((value) => (value - center) * (value - center)));
}

const stays = live(60_000);
const all = [...stays.values()].flat();

test("the mean rate of changes is the one that is asked for", () => {
  expect(Math.abs(mean(all) - 30)).toBeLessThan(0.5);
  expect(Math.abs(mean([...live(60_000, 12).values()].flat()) - 5)).toBeLessThan(0.1);
});

test.each(statuses)("dwell times in %s are lognormal", (status) => {
  const logs = (stays.get(status) ?? []).map(log);
  expect(logs.length).toBeGreaterThan(500);
  const center = mean(logs);
  const deviation = Math.sqrt(variance(logs));
  // Five standard errors of the deviation, the skewness and the excess kurtosis of a normal sample.
  const error = 5 / Math.sqrt(logs.length);
  expect(Math.abs(deviation - 0.7)).toBeLessThan((error * 0.7) / Math.SQRT2);
  const moment = (power: number) =>
    mean(
      logs.map((value) => Array.from({ length: power }).reduce((p: number) => (p * (value - center)) / deviation, 1)),
    );
  expect(Math.abs(moment(3))).toBeLessThan(error * Math.sqrt(6));
  expect(Math.abs(moment(4) - 3)).toBeLessThan(error * Math.sqrt(24));
});

test("shares of time and the dispersion of counts are those that a long life shows", () => {
  const total = all.reduce((sum, stay) => sum + stay, 0);
  for (const [i, status] of statuses.entries()) {
    const share = (stays.get(status) ?? []).reduce((sum, stay) => sum + stay, 0) / total;
    expect(Math.abs(share - timeShares[i])).toBeLessThan(0.01);
  }
  expect(Math.abs(variance(all) / (mean(all) * mean(all)) / dwellDispersion - 1)).toBeLessThan(0.1);
});

test("an agent is mostly fit for talk, and seldom in error", () => {
  const share = (status: Status) => timeShares[statuses.indexOf(status)];
  expect(share("active")).toBeGreaterThan(0.4);
  expect(share("error")).toBeGreaterThan(0.002);
  expect(share("error")).toBeLessThan(0.03);
});

test("agents found at a random moment change at the same rate from the first second", () => {
  const process = new StatusProcess(2);
  const changes = Array.from({ length: 20_000 }, (_, n) =>
    process.begin(createStream("42", "agent", `agent-${n}`, "status")),
  );
  const early = changes.filter(({ seconds }) => seconds < 3).length / changes.length;
  // A tenth of the mean dwell time; the first changes of a stationary process come at its mean rate.
  expect(Math.abs(early - 0.1)).toBeLessThan(0.01);
  const active = changes.filter(({ status }) => status === "active").length / changes.length;
  expect(Math.abs(active - timeShares[statuses.indexOf("active")])).toBeLessThan(0.02);
});

test("a rate of zero, and a status of somebody's own, last for ever", () => {
  const stream = createStream("1", "agent", "agent-001", "status");
  expect(new StatusProcess(0).begin(stream).seconds).toBe(never);
  expect(new StatusProcess(0).dwell("active", stream)).toBe(never);
  expect(new StatusProcess(2).dwell("on holiday", stream)).toBe(never);
  expect(new StatusProcess(2).next("on holiday", stream)).toBe("idle");
});

test("the tempo rises with the root of the stress, within bounds", () => {
  expect([0, 0.04, 1, 4, 100].map(tempoAt)).toEqual([0.5, 0.5, 1, 2, 2.5]);
  expect(tempoAt(exp(1))).toBeCloseTo(exp(0.5), 12);
});

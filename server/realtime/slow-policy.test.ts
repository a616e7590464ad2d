import { expect, test } from "vitest";
import { type Lag, judge, slowSubscriberDefaults } from "./slow-policy.js";

const policy = {
  ...slowSubscriberDefaults,
  softBacklogBytesMax: 100,
  hardBacklogBytesMax: 1000,
  slowMsMax: 500,
  pollIntervalMs: 50,
};
const unlimited = { softBacklogBytesMax: 0, hardBacklogBytesMax: 0, slowMsMax: 0, pongLagMsMax: 0, pollIntervalMs: 0 };
const lag: Lag = {
  queuedBytes: 1,
  skippedBytes: 0,
  pollWaitMs: null,
  isPongOverdue: false,
  hadItsTurn: true,
  slowMs: null,
};

test.each<[string, Partial<Lag>, ReturnType<typeof judge>]>([
  ["a backlog at the soft limit", { queuedBytes: 100 }, "fine"],
  ["one above it", { queuedBytes: 101 }, "slow"],
  ["one above it that the event loop has not offered the socket yet", { queuedBytes: 101, hadItsTurn: false }, "fine"],
  ["an overdue pong", { queuedBytes: 0, isPongOverdue: true }, "slow"],
  ["an overdue pong in a turn that is not over", { isPongOverdue: true, hadItsTurn: false }, "fine"],
  ["a long queue of a client that polls in time", { queuedBytes: 900, pollWaitMs: 100 }, "fine"],
  ["a client that has not polled for more than two intervals", { pollWaitMs: 101 }, "slow"],
  ["a backlog at the hard limit", { queuedBytes: 600, skippedBytes: 400, slowMs: 1 }, "slow"],
  ["one above it, skipped events included", { queuedBytes: 601, skippedBytes: 400, slowMs: 1 }, "backlogBytes"],
  ["one above it in a turn that is not over", { queuedBytes: 2000, hadItsTurn: false }, "fine"],
  ["being slow, until all of it is sent", { queuedBytes: 1, slowMs: 0 }, "slow"],
  ["being slow for as long as one may", { slowMs: 500 }, "slow"],
  ["being slow for longer", { slowMs: 501 }, "slowMs"],
  ["being slow for longer because of a pong alone", { queuedBytes: 0, isPongOverdue: true, slowMs: 501 }, "slow"],
])("%s", (_name, partly, expected) => {
  expect(judge(policy, { ...lag, ...partly })).toBe(expected);
});

test.each<Partial<Lag>>([{ queuedBytes: 1e9 }, { pollWaitMs: 1e9 }])("zero is no limit: %o", (partly) => {
  expect(judge(unlimited, { ...lag, ...partly })).toBe("fine");
  expect(judge(unlimited, { ...lag, ...partly, slowMs: 1e9 })).toBe("slow");
});

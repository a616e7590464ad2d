import { expect, test } from "vitest";
import { RecoveryLog } from "./recovery-log.js";
import { openRoom, record, until } from "./realtime.fixture.js";

const toAll = { rooms: new Set<string>(), except: new Set<string>() };
const session = { sid: "sid", pid: "pid", rooms: ["sid", "even"], data: {} };

function createLog(eventsMax = 100) {
  const clock = { nowMs: 1_000 };
  return { clock, log: new RecoveryLog({ breakMsMax: 60_000, eventsMax, sessionsMax: 2, nowMs: () => clock.nowMs }) };
}

function append(log: RecoveryLog, count: number, options = toAll): string[] {
  return Array.from({ length: count }, (_, index) => {
    const data: unknown[] = ["event", index];
    log.append(data, options);
    return String(data.at(-1));
  });
}

test("a session gets what was broadcast after its offset, and only what concerned it", () => {
  const { log } = createLog();
  const offsets = append(log, 3);
  append(log, 1, { rooms: new Set(["odd"]), except: new Set() });
  append(log, 1, { rooms: new Set(["even"]), except: new Set() });
  append(log, 1, { rooms: new Set(), except: new Set(["sid"]) });
  log.persist(session);
  const missed = log.restore("pid", offsets[0])?.missedPackets.map((data) => data.at(-1));
  expect(missed).toEqual([offsets[1], offsets[2], "5"]);
});

test.each([
  ["an unknown session", "other", "1"],
  ["an offset that was never given", "pid", "zz"],
  ["an offset in another spelling", "pid", "01"],
  ["no offset", "pid", ""],
])("%s starts anew", (_case, pid, offset) => {
  const { log } = createLog();
  append(log, 3);
  log.persist(session);
  expect(log.restore(pid, offset)).toBeNull();
});

test("what is older than a break may last, or too many events back, starts anew", () => {
  const { log, clock } = createLog(10);
  const [offset] = append(log, 1);
  log.persist(session);
  append(log, 10);
  expect(log.restore("pid", offset)?.missedPackets).toHaveLength(10);
  log.persist(session);
  append(log, 1);
  expect(log.restore("pid", offset)).toBeNull();
  const last = append(log, 1)[0];
  expect(log.restore("pid", last)?.missedPackets).toEqual([]);
  log.persist(session);
  clock.nowMs += 60_001;
  expect(log.restore("pid", last)).toBeNull();
});

test("a session is restored once, and the oldest go when there are too many", () => {
  const { log } = createLog();
  const [offset] = append(log, 1);
  for (const pid of ["first", "second", "third"]) log.persist({ ...session, pid });
  const isRestored = (pid: string) => log.restore(pid, offset) !== null;
  expect(["first", "second", "third", "third"].map(isRestored)).toEqual([false, true, true, false]);
});

test.each(["batched", "stock"] as const)(
  "with recovery on a client that lost its connection gets what it missed (%s)",
  async (fanout) => {
    await using room = await openRoom({ recovery: true, fanout });
    const { realtime } = room;
    const client = await room.connect({ reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 50 });
    const received = record(client);
    realtime.broadcastMarketUpdate({ indexValue: 0 });
    await until(() => received.length === 1, "the first is there");
    client.io.engine.close();
    await until(() => realtime.clientsCount() === 0, "the connection is gone");
    realtime.batch(() => {
      for (let indexValue = 1; indexValue < 20; indexValue++) realtime.broadcastMarketUpdate({ indexValue });
    });
    await until(() => client.connected, "it is back");
    expect(client.recovered).toBe(true);
    realtime.broadcastMarketUpdate({ indexValue: 20 });
    await until(() => received.length >= 21, "everything is there");
    expect(received.map(([, payload]) => (payload as { indexValue: number }).indexValue)).toEqual(
      Array.from({ length: 21 }, (_, index) => index),
    );
  },
);

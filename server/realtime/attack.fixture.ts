/** A peer that misbehaves, beside one that does not. */
import { expect } from "vitest";
import { type HttpLimits, limitHttpServer } from "../http/http-limits.js";
import type { RealtimeOptions } from "./options.js";
import { type TestRoom, openRoom, record, until } from "./realtime.fixture.js";

/** Runs an attack beside a well-behaved subscriber, who must not miss an event, and expects the room to be as before. */
export async function attack(
  options: Partial<RealtimeOptions>,
  misbehave: (room: TestRoom) => Promise<void>,
  httpLimits: Partial<HttpLimits> = {},
): Promise<TestRoom["realtime"]> {
  await using room = await openRoom(options, (server) => limitHttpServer(server, httpLimits));
  const { realtime } = room;
  const received = record(await room.connect());
  let sent = 0;
  const timer = setInterval(() => realtime.broadcastMarketUpdate({ indexValue: (sent += 1) }), 2);
  try {
    await misbehave(room);
  } finally {
    clearInterval(timer);
  }
  realtime.broadcastMarketUpdate({ indexValue: (sent += 1) });
  await until(() => received.length === sent, "the well-behaved subscriber has everything");
  expect(received.map(([, payload]) => (payload as { indexValue: number }).indexValue)).toEqual(
    Array.from({ length: sent }, (_, index) => index + 1),
  );
  await until(() => realtime.clientsCount() === 1, "the attacker is gone");
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  return realtime;
}

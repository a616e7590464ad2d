import { expect, test } from "vitest";
import { BroadcastError } from "./errors.js";
import { openRoom, record, testNowMs, until } from "./realtime.fixture.js";

const now = new Date(testNowMs).toISOString();

test.each([["websocket"], ["polling"]])(
  "the four broadcast functions arrive with exactly one argument each (%s)",
  async (transport) => {
    await using room = await openRoom();
    const client = await room.connect({ transports: [transport] });
    const received = record(client);
    room.realtime.broadcastMarketUpdate({ sectorId: "tech-001", indexValue: 1250.5 });
    room.realtime.broadcastSectorCandleUpdate({ sectorId: "tech-001", candle: { timestamp: now, value: 1 } });
    room.realtime.broadcastNewMessage({
      discussionId: "disc-123",
      message: { id: "msg-456", content: "Hello!", authorId: "agent-789" },
    });
    room.realtime.broadcastAgentStatusUpdate({ agentId: "agent-789", status: "active" });
    await until(() => received.length === 4, "all four are there");
    expect(received).toEqual([
      ["market:update", { sectorId: "tech-001", indexValue: 1250.5, timestamp: now }],
      ["sector:candle_update", { sectorId: "tech-001", candle: { timestamp: now, value: 1 } }],
      [
        "discussion:new_message",
        {
          discussionId: "disc-123",
          message: {
            id: "msg-456",
            content: "Hello!",
            authorId: "agent-789",
            authorName: "agent-789",
            timestamp: now,
            type: "text",
          },
        },
      ],
      ["agent:status_update", { agentId: "agent-789", status: "active" }],
    ]);
  },
);

test("a payload that breaks its schema throws and nothing of it is sent", async () => {
  await using room = await openRoom();
  const received = record(await room.connect());
  expect(() => room.realtime.broadcastMarketUpdate({ value: Number.NaN })).toThrow(BroadcastError);
  room.realtime.broadcastMarketUpdate({ indexValue: 1 });
  await until(() => received.length > 0, "the valid one is there");
  expect(received).toEqual([["market:update", { indexValue: 1, timestamp: now }]]);
});

/** Example: a front end's own test, against a market that stands still until the test moves it. */
import { startMax } from "max-harness";
import { type Socket, io } from "socket.io-client";
import { expect, test } from "vitest";

/** What a front end would have: the last status of each agent, kept from the events. */
function followStatuses(socket: Socket): ReadonlyMap<string, string> {
  const statuses = new Map<string, string>();
  socket.on("agent:status_update", ({ agentId, status }: { agentId: string; status: string }) => {
    statuses.set(agentId, status);
  });
  return statuses;
}

test("the board shows an agent's new status", async () => {
  const max = await startMax({ port: 0, seed: "42", clock: "manual", store: ":memory:" });
  const socket = io(max.url, { path: "/socket.io/" });
  try {
    await new Promise((resolve) => socket.on("connect", () => resolve(undefined)));
    const board = followStatuses(socket);

    // Nothing moves until the test says so: no status has arrived, and none will.
    max.realtime.broadcastAgentStatusUpdate({ agentId: "agent-789", sectorId: "tech-001", status: "active" });
    await expect.poll(() => board.get("agent-789")).toBe("active");

    // A minute of the market, the same one in every run.
    const prices: number[] = [];
    socket.on("sector:candle_update", ({ sectorId, candle }: { sectorId: string; candle: { close: number } }) => {
      if (sectorId === "tech-001") prices.push(candle.close);
    });
    max.advance("1m");
    await expect.poll(() => prices.length).toBeGreaterThan(0);
  } finally {
    socket.disconnect();
    await max.close();
  }
});

import { expect, onTestFinished, test } from "vitest";
import { type Max, startMax } from "./main.js";

async function start(options: Parameters<typeof startMax>[0] = {}): Promise<Max> {
  const max = await startMax({ port: 0, drainMs: 0, ...options });
  onTestFinished(() => max.close());
  return max;
}

test("a market without a clock is paused, and moves by whole ticks of what it is advanced by", async () => {
  const max = await start({ clock: "manual", speed: 10 });
  expect(max.simulation.status().state).toBe("paused");
  const { tickMs } = max.simulation.world;
  const ticks = [0.4, 0.4, 0.4, 2.8].map((share) => {
    max.advance(share * tickMs);
    return max.simulation.status().tick;
  });
  expect(ticks).toEqual([0, 0, 1, 4]);
  max.advance("1m");
  expect(max.simulation.world.nowMs).toBe(max.simulation.world.startMs + 60_000 + 4 * tickMs);
  expect(max.simulation.status().state).toBe("paused");
});

test.each([Number.NaN, -1, Number.POSITIVE_INFINITY])("advance(%d) is refused, and changes nothing", async (ms) => {
  const max = await start({ clock: "manual" });
  expect(() => max.advance(ms)).toThrow(/from 0/);
  max.advance("1s");
  expect(max.simulation.status().tick).toBe(1000 / max.simulation.world.tickMs);
});

test("it cannot be played, and says how to move it", async () => {
  const max = await start({ clock: "manual" });
  const answer = await fetch(`${max.url}/api/simulation/play`, {
    method: "POST",
    headers: { Authorization: `Bearer ${max.token}` },
  });
  expect(answer.status).toBe(409);
  expect(((await answer.json()) as { detail: string }).detail).toContain("step or seek");
});

test("a market with a clock cannot be advanced by hand", async () => {
  const max = await start();
  expect(() => max.advance("1m")).toThrow(/clock: "manual"/);
});

test.each([
  [{ port: 70_000 }, "port: 70000"],
  [{ limits: { connectionsMax: -1 } }, "limits.connectionsMax: -1"],
  [{ slow: { hardBacklogBytesMax: Number.NaN } }, "slow.hardBacklogBytesMax: NaN"],
  [{ slow: { softBacklogBytesMax: 3e6 } }, "slow.softBacklogBytesMax: 3000000"],
  [{ origin: "market.example" }, "market.example"],
  [{ token: "" }, "token: it is empty"],
  [{ seed: "" }, 'seed: ""'],
  [{ seed: "a\0b" }, "without NUL"],
  [{ seed: "a".repeat(201) }, "1 to 200 characters"],
  [{ speed: -1 }, "speed: -1"],
  [{ speed: 1001 }, "0.01 to 1000 simulated seconds a second"],
  [{ drainMs: Number.NaN }, "drainMs: NaN"],
  [{ tickMs: 50 }, "tickMs: 50"],
  [{ startMs: Number.NaN }, "startMs: NaN"],
])("startMax(%j) is refused before anything is opened", async (options, sentence) => {
  await expect(startMax({ port: 0, store: "/dev/null/no/store", ...options })).rejects.toMatchObject({
    code: "badOption",
    message: expect.stringContaining(sentence) as unknown,
  });
});

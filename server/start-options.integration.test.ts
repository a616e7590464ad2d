import { expect, onTestFinished, test } from "vitest";
import { type Max, type StartOptions, startMax } from "./main.js";
import { completeOptions } from "./start-options.js";

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
  expect(() => max.advance(ms)).toThrow(/0 or more/);
  max.advance("1s");
  expect(max.simulation.status().tick).toBe(1000 / max.simulation.world.tickMs);
});

test.each(["1 minute", "", "1m 30s"])("advance(%j) is refused with a code and what is accepted", async (duration) => {
  const max = await start({ clock: "manual" });
  const refusal = { code: "badOption", message: expect.stringContaining("is not a duration; write it like") as string };
  expect(() => max.advance(duration)).toThrow(expect.objectContaining(refusal));
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
  [{ port: 70_000 }, "Invalid port 70000"],
  [{ port: "8000" }, 'Invalid port "8000"'],
  [{ host: "" }, 'Invalid host ""'],
  [{ limits: { connectionsMax: -1 } }, "Invalid limits.connectionsMax -1"],
  [{ limits: { connectionsMax: "5" } }, 'Invalid limits.connectionsMax "5"'],
  [{ limits: { connectionMax: 5 } }, 'Unknown option "limits.connectionMax". Did you mean limits.connectionsMax?'],
  [{ limits: [] }, "Invalid options of limits: expected an object, not an array of 0"],
  [{ limits: { allowedHosts: "a.example" } }, 'Invalid limits.allowedHosts "a.example": expected an array'],
  [{ limits: { allowedHosts: ["a.example", "b:80"] } }, 'Invalid limits.allowedHosts "b:80": expected an array'],
  [{ limits: { allowedHosts: ["a.example", undefined] } }, "Invalid limits.allowedHosts missing: expected an array"],
  [{ trustProxy: ["10.0.0.0/8", "10.0.0.0/33"] }, 'Invalid trustProxy "10.0.0.0/33": expected an array'],
  [{ limits: { pingIntervalMs: 3e9 } }, "1 to 2147483647 milliseconds"],
  [{ slow: { hardBacklogBytesMax: Number.NaN } }, "Invalid slow.hardBacklogBytesMax NaN"],
  [{ slow: { softBacklogBytesMax: 3e6 } }, "Invalid slow.softBacklogBytesMax 3000000"],
  [{ rateLimit: { windowSeconds: 0 } }, "Invalid rateLimit.windowSeconds 0"],
  [{ origin: "market.example" }, "market.example"],
  [{ origin: 7 }, "Invalid origin 7"],
  [{ token: "" }, "Invalid token: expected 1 to 1024 visible ASCII characters"],
  [{ token: "a b" }, "Invalid token"],
  [{ token: "a\nb" }, "Invalid token"],
  [{ seed: "" }, 'Invalid seed ""'],
  [{ seed: 42 }, "Invalid seed 42: expected a string"],
  [{ seed: "a\0b" }, "without NUL"],
  [{ seed: "a".repeat(201) }, "1 to 200 characters"],
  [{ speed: -1 }, "Invalid speed -1"],
  [{ speed: 1001 }, "0.01 to 1000 simulated seconds a second"],
  [{ drainMs: Number.NaN }, "Invalid drainMs NaN"],
  [{ tickMs: 50 }, "Invalid tickMs 50"],
  [{ startMs: Number.NaN }, "Invalid startMs NaN"],
  [{ clock: "manul" }, 'Invalid clock "manul": expected "real" or "manual"'],
  [{ fanout: "Stock" }, 'Invalid fanout "Stock"'],
  [{ reset: "false" }, 'Invalid reset "false": expected true or false'],
  [{ store: "" }, 'Invalid store ""'],
  [
    { store: "mysql://u:pw@localhost/max" },
    'Invalid store "mysql:...": expected a file, ":memory:" or "postgres://..."',
  ],
  [{ store: "POSTGRES://localhost" }, 'Invalid store "POSTGRES:..."'],
  [{ store: "postgresql+psycopg://localhost" }, 'Invalid store "postgresql+psycopg:..."'],
  [{ store: "file:market.sqlite" }, 'Invalid store "file:..."'],
  [{ sead: "7" }, 'Unknown option "sead". Did you mean seed?'],
  [{ scenario: "trading-dya" }, 'Unknown scenario "trading-dya". Did you mean trading-day?'],
  [{ scenario: { name: "Mine" } }, "The scenario at /name"],
  [{ logger: { log: () => {} } }, "Invalid logger"],
  [{ wallClockMs: 5 }, "Invalid wallClockMs 5: expected a function"],
])("startMax(%j) is refused before anything is opened", async (options, sentence) => {
  await expect(startMax({ port: 0, store: "/dev/null/no/store", ...options } as StartOptions)).rejects.toMatchObject({
    code: "badOption",
    message: expect.stringContaining(sentence) as unknown,
  });
});

test.each([[null], ["trading-day"], [[]], [7]])("startMax(%j) is refused: it takes an object", async (options) => {
  await expect(startMax(options as unknown as StartOptions)).rejects.toThrow(
    "Invalid options of startMax(): expected an object",
  );
});

test("an option that is given as undefined is left out, in a group as well", () => {
  const { seed, limits } = completeOptions({ seed: undefined, limits: { connectionsMax: undefined } });
  expect({ seed, limits }).toEqual({ seed: "42", limits: {} });
});

import { expect, test } from "vitest";
import { findViolations } from "../../schemas/index.js";
import { intervalMsOf } from "../../schemas/index.js";
import { type Bucket, rollUp } from "../../simulator/index.js";
import { type TestApi, startApi } from "./api.fixture.js";

interface Candle {
  timestamp: string;
  value: number;
  open: number;
  high: number;
  low: number;
  close: number;
  closed: boolean;
}

function toBucket({ timestamp, open, high, low, close }: Candle): Bucket {
  return { timestampMs: Date.parse(timestamp), open, high, low, close };
}

async function candlesOf({ call, host }: TestApi, query: string): Promise<Candle[]> {
  const answer = await call("GET", `/api/sectors/${host.world.sectors()[0].id}/candles?${query}`);
  expect(answer.status).toBe(200);
  expect(findViolations("resources/candle-list.schema.json", answer.body)).toEqual([]);
  return answer.body.data;
}

/** The whole list, page by page. */
async function allCandlesOf({ call, host }: TestApi, query: string): Promise<Candle[]> {
  const candles: Candle[] = [];
  let cursor = "";
  do {
    const { status, body } = await call(
      "GET",
      `/api/sectors/${host.world.sectors()[0].id}/candles?limit=1000&${query}${cursor}`,
    );
    expect(status).toBe(200);
    expect(body.data.length).toBeLessThanOrEqual(200);
    candles.push(...body.data);
    cursor = body.hasMore ? `&cursor=${body.nextCursor}` : "";
  } while (cursor !== "");
  return candles;
}

test("the day before the start is there at once, without a gap", async () => {
  const api = await startApi();
  const times = (await allCandlesOf(api, "sort=asc")).map((candle) => Date.parse(candle.timestamp));
  expect(times).toHaveLength(1440);
  expect(times[0]).toBe(api.host.world.startMs - intervalMsOf["1d"]);
  expect(times.every((time, at) => time === times[0] + at * 60_000)).toBe(true);
});

test("the running candle comes last, open, and closes with its minute", async () => {
  const api = await startApi();
  api.advance(30_000);
  const [running] = await candlesOf(api, "sort=desc&limit=1");
  expect(running).toMatchObject({ closed: false, timestamp: api.host.status().start });
  api.advance(30_000);
  const [next, closed] = await candlesOf(api, "sort=desc&limit=2");
  expect(closed).toMatchObject({ closed: true, timestamp: running.timestamp, open: running.open });
  expect(next).toMatchObject({ closed: false, open: closed.close });
});

test.each(["5m", "15m", "1h", "1d"] as const)(
  "%s candles are the 1m candles rolled up, in both directions, page by page",
  async (interval) => {
    const api = await startApi();
    api.advance(7 * 60_000);
    const minutes = (await allCandlesOf(api, "interval=1m")).map(toBucket);
    const expected = rollUp(minutes, intervalMsOf[interval]);
    for (const sort of ["asc", "desc"]) {
      const seen: Candle[] = [];
      let cursor = "";
      do {
        const { body } = await api.call(
          "GET",
          `/api/sectors/${api.host.world.sectors()[0].id}/candles?interval=${interval}&limit=7&sort=${sort}${cursor}`,
        );
        seen.push(...body.data);
        cursor = body.hasMore ? `&cursor=${body.nextCursor}` : "";
      } while (cursor !== "");
      const found = sort === "asc" ? seen : seen.toReversed();
      expect(found.map(toBucket)).toEqual(expected);
      expect(found.every((candle) => candle.value === candle.close)).toBe(true);
      expect(found.map((candle) => candle.closed)).toEqual(expected.map((_, at) => at < expected.length - 1));
    }
  },
);

test("start is inclusive and end is exclusive, of a bucket's first millisecond", async () => {
  const api = await startApi();
  const startMs = api.host.world.startMs - 3_600_000;
  const at = (minutes: number, ms = 0): string => new Date(startMs + minutes * 60_000 + ms).toISOString();
  const times = async (query: string): Promise<string[]> =>
    (await candlesOf(api, query)).map((candle) => candle.timestamp);
  expect(await times(`start=${at(0)}&end=${at(2)}`)).toEqual([at(0), at(1)]);
  expect(await times(`start=${at(0, 1)}&end=${at(2, 1)}`)).toEqual([at(1), at(2)]);
  expect(await times(`start=${at(2)}&end=${at(1)}`)).toEqual([]);
});

test("1s and 5s candles of the last minutes agree with each other", async () => {
  const api = await startApi();
  api.advance(62_500);
  const seconds = (await allCandlesOf(api, "interval=1s")).map(toBucket);
  const fives = (await allCandlesOf(api, "interval=5s")).map(toBucket);
  expect(seconds.length).toBeGreaterThanOrEqual(62);
  expect(fives).toEqual(rollUp(seconds, 5000));
});

test("a sector that comes back under its old id has no old candles", async () => {
  const { call, advance } = await startApi();
  await call("POST", "/api/sectors", { id: "chip-1", name: "Chips" });
  advance(180_000);
  expect((await call("GET", "/api/sectors/chip-1/candles")).body.data.length).toBeGreaterThanOrEqual(3);
  await call("DELETE", "/api/sectors/chip-1");
  await call("POST", "/api/sectors", { id: "chip-1", name: "Chips" });
  expect((await call("GET", "/api/sectors/chip-1/candles?interval=1s")).body.data).toEqual([]);
  expect((await call("GET", "/api/sectors/chip-1/candles")).body.data).toEqual([]);
});

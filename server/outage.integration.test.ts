/** A server whose database fails: it says so, goes on broadcasting, loses nothing it acknowledged, and recovers by itself. */
import { setTimeout as delay } from "node:timers/promises";
import { io } from "socket.io-client";
import { expect, onTestFinished, test } from "vitest";
import type { Discussion, Message, MessageList } from "../schemas/index.js";
import { type Max, startMax } from "./main.js";
import { startCuttableWay } from "./store/breakable-proxy.fixture.js";
import { mountSmallDisk } from "./store/small-disk.fixture.js";
import { isPostgresAbsent } from "./store/store.fixture.js";

interface FailingStore {
  readonly url: string;
  fail(): Promise<void> | void;
  mend(): Promise<void>;
}

async function openSmallDisk(): Promise<FailingStore | null> {
  const disk = await mountSmallDisk();
  return disk === null ? null : { url: disk.url, fail: disk.fill, mend: disk.empty };
}

async function openCuttablePostgres(): Promise<FailingStore | null> {
  if (isPostgresAbsent) return null;
  const way = await startCuttableWay();
  return { url: way.url, fail: () => way.cut(), mend: () => way.mend() };
}

const room = "/api/discussions/disc-001";

async function start(store: string): Promise<Max> {
  const max = await startMax({ port: 0, clock: "manual", store, drainMs: 0 });
  onTestFinished(() => max.close());
  return max;
}

async function post({ url }: Max): Promise<Response> {
  const body = JSON.stringify({ content: "x".repeat(4000), authorId: "visitor-1" });
  return await fetch(`${url}${room}/messages`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
  });
}

async function readAll({ url }: Max): Promise<Message[]> {
  const messages: Message[] = [];
  for (let cursor = ""; ;) {
    const page = (await (await fetch(`${url}${room}/messages?limit=200${cursor}`)).json()) as MessageList;
    messages.push(...page.data);
    if (page.nextCursor === null) return messages;
    cursor = `&cursor=${page.nextCursor}`;
  }
}

/** Counts the index updates that a stock client receives: one for each tick. */
async function subscribe({ url }: Max): Promise<{ readonly ticks: number; reached(ticks: number): Promise<void> }> {
  let ticks = 0;
  let look = (): void => {};
  const socket = io(url, { transports: ["websocket"], forceNew: true });
  onTestFinished(() => void socket.disconnect());
  socket.on("market:update", ({ indexValue }: { indexValue?: number }) => {
    if (indexValue === undefined) return;
    ticks += 1;
    look();
  });
  await new Promise<void>((resolve) => void socket.once("connect", resolve));
  return {
    get ticks() {
      return ticks;
    },
    reached: (count) =>
      new Promise((resolve) => {
        look = () => void (ticks >= count && resolve());
        look();
      }),
  };
}

test.for([
  ["a disk that is full", openSmallDisk],
  ["Postgres out of reach", openCuttablePostgres],
] as const)(
  "with %s a server refuses writes, broadcasts on, and takes writes again afterwards",
  async ([, open], { skip }) => {
    const store = await open();
    if (store === null) {
      skip("it takes root to mount a small disk, and a Postgres at DATABASE_URL");
      return;
    }
    const max = await start(store.url);
    const subscriber = await subscribe(max);
    const acknowledged: string[] = [];
    const postAll = async (enough: (answer: Response) => boolean): Promise<Response> => {
      for (;;) {
        const answer = await post(max);
        if (answer.status === 201) acknowledged.push(((await answer.json()) as Message).id);
        if (enough(answer)) return answer;
        if (answer.status !== 201) await delay(20);
      }
    };
    max.advance("10s");
    await postAll(() => acknowledged.length === 3);

    await store.fail();
    const refused = await postAll(({ status }) => status !== 201);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ type: "/docs/problems#store-unavailable" });
    expect((await fetch(`${max.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${max.url}/api/sectors`)).status).toBe(200);
    max.advance("2m");
    await subscriber.reached(max.simulation.world.tick);

    await store.mend();
    await postAll(({ status }) => status === 201);
    const messages = await readAll(max);
    const discussion = (await (await fetch(`${max.url}${room}`)).json()) as Discussion;
    expect(messages).toHaveLength(discussion.messageCount);
    expect(messages.filter(({ authorId }) => authorId === "visitor-1").map(({ id }) => id)).toEqual(
      acknowledged.toReversed(),
    );
    await max.close();

    const again = await start(store.url);
    expect(await readAll(again)).toEqual(messages);
    expect(again.simulation.status().tick).toBe(max.simulation.status().tick);
  },
);

test.skipIf(isPostgresAbsent)(
  "a deletion or a seek whose commit Postgres could not confirm happens wholly or not at all",
  async () => {
    const way = await startCuttableWay();
    const max = await start(way.url);
    const call = (method: string, path: string, body?: object): Promise<Response> =>
      fetch(`${max.url}${path}`, {
        method,
        headers: { Authorization: `Bearer ${max.token}`, "Content-Type": "application/json" },
        ...(body && { body: JSON.stringify(body) }),
      });
    const untilMended = async (): Promise<void> => {
      while ((await fetch(`${max.url}/readyz`)).status === 200) await delay(10);
      await way.mend();
    };
    max.advance("1m");
    await post(max);
    const messages = await readAll(max);

    way.cutAtNextCommit();
    const deleted = call("DELETE", room);
    await untilMended();
    expect((await deleted).status).toBe(503);
    while ((await fetch(`${max.url}/readyz`)).status !== 200) await delay(10);
    expect(await readAll(max)).toEqual(messages);

    max.advance("1m");
    await post(max);
    expect((await readAll(max)).length).toBeGreaterThan(messages.length);
    way.cutAtNextCommit();
    const sought = call("POST", "/api/simulation/seek", { to: 240 });
    await untilMended();
    expect(await (await sought).json()).toMatchObject({ tick: 240, deleted: { commands: 1 } });
    expect(await readAll(max)).toEqual(messages);
    expect(((await (await fetch(`${max.url}${room}`)).json()) as Discussion).messageCount).toBe(messages.length);
  },
);

/** A server killed in the middle of posting: what got a 201 is there once after the restart, and nothing is torn. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { durableKinds } from "./store.fixture.js";
import { amount } from "../../schemas/amount.fixture.js";

const kills = amount(1, 20);
const room = "/api/discussions/killed-room";
const minuteMs = 60_000;

/** Compiled code: the process is a real one, and so is its end. */
const main = new URL("../../dist/server/main.js", import.meta.url).href;
const program = `
  import { startMax } from ${JSON.stringify(main)};
  const max = await startMax({ port: 0, store: process.argv[1], speed: 40, drainMs: 0 });
  console.log(JSON.stringify({ url: max.url, token: max.token }));
`;

interface Running {
  readonly url: string;
  readonly child: ChildProcess;
  move(name: "pause" | "play"): Promise<void>;
}

async function startServer(store: string): Promise<Running> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, store], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  for await (const line of createInterface({ input: child.stdout })) {
    const { url, token } = JSON.parse(line) as { url: string; token: string };
    const init = { method: "POST", headers: { authorization: `Bearer ${token}` } };
    const move = async (name: string): Promise<void> => {
      expect((await fetch(`${url}/api/simulation/${name}`, init)).status).toBe(200);
    };
    return { url, child, move };
  }
  throw new Error("the server ended before it had started");
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.signalCode === null && child.exitCode === null) await once(child, "exit");
}

interface List<Row> {
  data: Row[];
  hasMore: boolean;
  nextCursor: string | null;
}

async function readAll<Row>(url: string): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor = "";
  for (;;) {
    const page = (await (await fetch(`${url}${cursor}`)).json()) as List<Row>;
    rows.push(...page.data);
    if (!page.hasMore) return rows;
    cursor = `&cursor=${page.nextCursor}`;
  }
}

/** Posts from several callers until the server is gone; calls back at each acknowledged message. */
async function postUntilKilled(url: string, callers: number, onAcknowledged: (id: string) => void): Promise<void> {
  async function post(caller: number): Promise<void> {
    for (;;) {
      const body = JSON.stringify({ content: `from ${caller}`, authorId: `visitor-${caller}` });
      const init = { method: "POST", headers: { "content-type": "application/json" }, body };
      const response = await fetch(`${url}${room}/messages`, init);
      if (response.status === 201) onAcknowledged(((await response.json()) as { id: string }).id);
    }
  }
  await Promise.allSettled(Array.from({ length: callers }, (_, caller) => post(caller)));
}

test.each(durableKinds)(
  `a server over $kind that is killed keeps every message that it acknowledged, once (kills: ${kills})`,
  async ({ createUrl }) => {
    const store = await createUrl();
    const acknowledged: string[] = [];
    let last = await startServer(store);
    const created = await fetch(`${last.url}/api/discussions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id: "killed-room", title: "Killed" }),
    });
    expect(created.status).toBe(201);

    for (let at = 0; at < kills; at++) {
      const { url: postedTo, child: killed } = last;
      const enough = acknowledged.length + 1 + Math.floor(Math.random() * 60);
      await postUntilKilled(postedTo, 8, (id) => {
        if (acknowledged.push(id) === enough) killed.kill("SIGKILL");
      });
      await ended(killed);
      last = await startServer(store);

      // At rest, so that what is counted and what is listed are of the same instant.
      const { url, child, move } = last;
      await move("pause");
      const rooms = await readAll<{ id: string; messageCount: number }>(`${url}/api/discussions?`);
      for (const { id, messageCount } of rooms) {
        const messages = await readAll<{ id: string }>(`${url}/api/discussions/${id}/messages?limit=200`);
        const ids = messages.map((message) => message.id);
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids).toHaveLength(messageCount);
        if (id === "killed-room") expect(acknowledged.filter((one) => !ids.includes(one))).toEqual([]);
      }
      for (const { id } of await readAll<{ id: string }>(`${url}/api/sectors?`)) {
        const candles = await readAll<{ timestamp: string }>(`${url}/api/sectors/${id}/candles?limit=200`);
        const times = candles.map((candle) => Date.parse(candle.timestamp));
        expect(times.length).toBeGreaterThanOrEqual(1440);
        expect(times.filter((time, index) => index > 0 && time !== times[index - 1] + minuteMs)).toEqual([]);
      }
      await move("play");
      expect(child.exitCode).toBeNull();
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(kills);
  },
  kills * 60_000,
);

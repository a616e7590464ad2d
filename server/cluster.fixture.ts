/** Members of a cluster, in this process, over the tests' Redis and Postgres. */
import { randomUUID } from "node:crypto";
import { io } from "socket.io-client";
import { expect, onTestFinished, vi } from "vitest";
import type { Health, Simulation } from "../schemas/index.js";
import { isRedisAbsent, redisUrl as redis } from "./cluster/redis.fixture.js";
import { type Max, type StartOptions, startMax } from "./main.js";
import { isPostgresAbsent } from "./store/store.fixture.js";

export const isClusterAbsent = isRedisAbsent || isPostgresAbsent;

export const token = "0123456789abcdef0123456789abcdef";

export async function startMember(store: string, options: StartOptions = {}): Promise<Max> {
  const max = await startMax({ port: 0, seed: "7", scenario: "fan-out", store, token, cluster: { redis }, ...options });
  onTestFinished(() => max.close());
  await vi.waitFor(async () => {
    const readiness = await fetch(`${max.url}/readyz`);
    expect([readiness.status, await readiness.text()]).toEqual([200, '{"status":"ok"}']);
  }, 60_000);
  return max;
}

type Address = Pick<Max, "url">;

export async function read<Body>(max: Address, path: string): Promise<Body> {
  const response = await fetch(`${max.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  expect(response.status).toBe(200);
  return (await response.json()) as Body;
}

/** The value of each of a member's metrics. */
export async function scrape(max: Max): Promise<(metric: string) => number> {
  const response = await fetch(`${max.url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  const lines = (await response.text()).split("\n").map((line) => line.split(/ (?=\S+$)/));
  const values = new Map(lines.map(([name, value]) => [name, Number(value)]));
  return (metric) => values.get(metric) ?? Number.NaN;
}

export const status = (max: Address) => read<Simulation>(max, "/api/simulation");

export async function leaderOf(members: readonly Max[]): Promise<Max> {
  return await vi.waitFor(async () => {
    for (const max of members) if ((await read<Health>(max, "/health")).member?.role === "leader") return max;
    throw new Error("Nobody leads.");
  }, 60_000);
}

/** As clients do it: while nobody leads, they are told to try again. */
export async function post(max: Address, path: string, body: object): Promise<Response> {
  const headers = { "content-type": "application/json", "idempotency-key": randomUUID() };
  return await vi.waitFor(async () => {
    const response = await fetch(`${max.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    if (response.status === 503) throw new Error(await response.text());
    return response;
  }, 60_000);
}

/** What a subscriber of the member gets, as text. */
export async function listen(max: Max): Promise<string[]> {
  const received: string[] = [];
  const socket = io(max.url, { transports: ["websocket"], forceNew: true });
  onTestFinished(() => void socket.close());
  socket.onAny((event, payload) => received.push(JSON.stringify([event, payload])));
  await vi.waitFor(() => expect(socket.connected).toBe(true), 60_000);
  return received;
}

/** Both are stretches of one stream: from the first event that both have to the last that both have, the same. */
export function expectOneStream(one: readonly string[], other: readonly string[], eventsMin = 50): void {
  const from = one.indexOf(other[0]);
  const [early, late, at] = from === -1 ? [other, one, other.indexOf(one[0])] : [one, other, from];
  expect(at).not.toBe(-1);
  const length = Math.min(early.length - at, late.length);
  expect(length).toBeGreaterThan(eventsMin);
  expect(late.slice(0, length)).toEqual(early.slice(at, at + length));
}

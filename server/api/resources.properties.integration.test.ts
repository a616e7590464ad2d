/** Random sequences of calls against a model of the resources that fits on a screen. */
/* oxlint-disable vitest/no-standalone-expect -- the steps of the model run inside the test */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Answer, type TestApi, startApi } from "./api.fixture.js";
import { amount } from "../../schemas/amount.fixture.js";

interface Room {
  title: string;
  revision: number;
  messages: string[];
}

/** What the API must hold: rooms by id, each with what was said in it, oldest first. */
type Model = Map<string, Room>;
type Call = fc.AsyncCommand<Model, TestApi>;

const ids = ["room-1", "room-2", "room-3"];
const idArb = fc.constantFrom(...ids);
const titleArb = fc.string({ minLength: 1, maxLength: 20 }).filter((title) => /\S/.test(title));

class Create implements Call {
  readonly id: string;
  readonly title: string;
  constructor(id: string, title: string) {
    this.id = id;
    this.title = title;
  }
  check = (): boolean => true;
  async run(model: Model, { call }: TestApi): Promise<void> {
    const answer = await call("POST", "/api/discussions", { id: this.id, title: this.title });
    expect(answer.status).toBe(model.has(this.id) ? 409 : 201);
    if (answer.status === 201) model.set(this.id, { title: this.title, revision: 1, messages: [] });
  }
  toString = (): string => `create ${this.id} ${JSON.stringify(this.title)}`;
}

class Rename implements Call {
  readonly id: string;
  readonly title: string;
  /** The revision named in If-Match, counted from the present one; null for no condition. */
  readonly behind: number | null;
  constructor(id: string, title: string, behind: number | null) {
    this.id = id;
    this.title = title;
    this.behind = behind;
  }
  check = (): boolean => true;
  async run(model: Model, { call }: TestApi): Promise<void> {
    const room = model.get(this.id);
    const condition: Record<string, string> =
      this.behind === null ? {} : { "if-match": `"${(room?.revision ?? 1) - this.behind}"` };
    const answer = await call("PATCH", `/api/discussions/${this.id}`, { title: this.title }, condition);
    expect(answer.status).toBe(room === undefined ? 404 : (this.behind ?? 0) === 0 ? 200 : 412);
    if (room === undefined || answer.status !== 200) return;
    room.title = this.title;
    room.revision = Number(/^"(\d+)"$/.exec(answer.headers.get("etag") ?? "")?.[1]);
  }
  toString = (): string => `rename ${this.id} to ${JSON.stringify(this.title)}, ${this.behind} behind`;
}

class Delete implements Call {
  readonly id: string;
  constructor(id: string) {
    this.id = id;
  }
  check = (): boolean => true;
  async run(model: Model, { call }: TestApi): Promise<void> {
    expect((await call("DELETE", `/api/discussions/${this.id}`)).status).toBe(model.delete(this.id) ? 204 : 404);
  }
  toString = (): string => `delete ${this.id}`;
}

class Say implements Call {
  readonly id: string;
  readonly content: string;
  /** Sent so often with one key: it must be said once. */
  readonly times: number;
  constructor(id: string, content: string, times: number) {
    this.id = id;
    this.content = content;
    this.times = times;
  }
  check = (): boolean => true;
  async run(model: Model, { call }: TestApi): Promise<void> {
    const room = model.get(this.id);
    const key = { "idempotency-key": `k-${Math.trunc(performance.now() * 1e6)}` };
    const answers: Answer[] = [];
    for (let at = 0; at < this.times; at++) {
      answers.push(
        await call("POST", `/api/discussions/${this.id}/messages`, { content: this.content, authorId: "a" }, key),
      );
    }
    for (const answer of answers) {
      expect(answer.status).toBe(room === undefined ? 404 : 201);
      expect(answer.body).toEqual(answers[0].body);
    }
    room?.messages.push(this.content);
  }
  toString = (): string => `say ${JSON.stringify(this.content)} in ${this.id}, ${this.times} times`;
}

class Compare implements Call {
  readonly limit: number;
  constructor(limit: number) {
    this.limit = limit;
  }
  check = (): boolean => true;
  async run(model: Model, { call }: TestApi): Promise<void> {
    const listed = (await call("GET", "/api/discussions?limit=200")).body.data as {
      id: string;
      title: string;
      messageCount: number;
    }[];
    expect(listed.filter(({ id }) => ids.includes(id)).map(({ id, title }) => [id, title])).toEqual(
      [...model].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([id, { title }]) => [id, title]),
    );
    for (const [id, room] of model) {
      const said: string[] = [];
      let cursor = "";
      do {
        const { body } = await call("GET", `/api/discussions/${id}/messages?limit=${this.limit}${cursor}`);
        said.push(...body.data.map((message: { content: string }) => message.content));
        cursor = body.hasMore ? `&cursor=${body.nextCursor}` : "";
      } while (cursor !== "");
      expect(said.toReversed()).toEqual(room.messages);
      expect(listed.find((one) => one.id === id)?.messageCount).toBe(room.messages.length);
    }
  }
  toString = (): string => `compare, ${this.limit} a page`;
}

const calls = [
  fc.tuple(idArb, titleArb).map((args) => new Create(...args)),
  fc.tuple(idArb, titleArb, fc.constantFrom(null, 0, 1)).map((args) => new Rename(...args)),
  idArb.map((id) => new Delete(id)),
  fc.tuple(idArb, titleArb, fc.integer({ min: 1, max: 3 })).map((args) => new Say(...args)),
  fc.integer({ min: 1, max: 4 }).map((limit) => new Compare(limit)),
];

test("after any sequence of calls the API holds what a plain model holds", async () => {
  const api = await startApi();
  await fc.assert(
    fc.asyncProperty(fc.commands(calls, { maxCommands: 40 }), async (commands) => {
      for (const id of ids) await api.call("DELETE", `/api/discussions/${id}`);
      await fc.asyncModelRun(() => ({ model: new Map(), real: api }), commands);
    }),
    { numRuns: amount(20, 500) },
  );
}, 600_000);

/**
 * Random sequences of requests against a model of the contract, shrunk to the shortest that fails.
 *
 * Each sequence starts with nothing of its own and takes away what it made, so that a shorter one can be
 * tried on the same server. What the running world changes by itself (an agent's status) is not modelled.
 */
import fc from "fast-check";
import type { HttpReply } from "../rest/http-client.js";
import type { Rest } from "../rest/call.js";
import { readAll } from "../rest/lists.js";
import { type Row, rowId, textOf } from "../rest/rows.js";
import type { Fixtures } from "./fixtures.js";

const runs = 20;
const lengthMax = 30;
const timeMsMax = 6000;

/** What the contract says is there. */
interface Model {
  readonly agents: Map<string, { name: string }>;
  readonly rooms: Map<string, { title: string; readonly contents: string[] }>;
  readonly gone: string[];
}

class Mismatch extends Error {}

type Step = fc.AsyncCommand<Model, Rest>;

async function send(rest: Rest, method: string, path: string, json?: unknown): Promise<HttpReply> {
  return await rest.http.send(rest.judge, `${method} ${path}`, {
    method,
    path,
    ...(json === undefined ? {} : { json }),
  });
}

function demand(holds: boolean, sentence: () => string): void {
  if (!holds) throw new Mismatch(sentence());
}

/** A step on one of the things there are, picked by number. */
function onOne<Thing>(
  name: string,
  among: (model: Model) => Map<string, Thing>,
  act: (rest: Rest, model: Model, id: string, thing: Thing, text: string, times: number) => Promise<void>,
): fc.Arbitrary<Step> {
  return fc
    .tuple(fc.nat(9), fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 4 }))
    .map(([pick, n, times]) => ({
      check: (model) => among(model).size > 0,
      async run(model, rest) {
        const [id, thing] = [...among(model)][pick % among(model).size]!;
        await act(rest, model, id, thing, `text ${n}`, times);
      },
      toString: () => `${name}(#${pick}, "text ${n}", ${times} times)`,
    }));
}

function makeAgentSteps(fixtures: Fixtures): fc.Arbitrary<Step>[] {
  const agents = (model: Model): Model["agents"] => model.agents;
  const createAgent = fc.constant<Step>({
    check: () => true,
    async run(model, rest) {
      const id = fixtures.newId("seq");
      fixtures.keep("agent", id);
      const reply = await send(rest, "POST", "/api/agents", { id, name: "Sequence", role: "checker" });
      demand(reply.status === 201, () => `POST /api/agents answered ${reply.status}`);
      model.agents.set(id, { name: "Sequence" });
    },
    toString: () => "createAgent",
  });
  const renameAgent = onOne("renameAgent", agents, async (rest, _model, id, agent, text) => {
    const reply = await send(rest, "PATCH", `/api/agents/${id}`, { name: text });
    demand(
      reply.status === 200 && textOf(reply.json as Row, "name") === text,
      () => `PATCH name answered ${reply.status} ${reply.text.slice(0, 100)}`,
    );
    agent.name = text;
  });
  const readAgent = onOne("readAgent", agents, async (rest, _model, id, agent) => {
    const reply = await send(rest, "GET", `/api/agents/${id}`);
    demand(
      reply.status === 200 && textOf(reply.json as Row, "name") === agent.name,
      () => `GET answered ${reply.status} ${reply.text.slice(0, 100)} where the name is "${agent.name}"`,
    );
  });
  const deleteAgent = onOne("deleteAgent", agents, async (rest, model, id) => {
    const reply = await send(rest, "DELETE", `/api/agents/${id}`);
    demand(reply.status === 204, () => `DELETE answered ${reply.status}`);
    model.agents.delete(id);
    model.gone.push(`/api/agents/${id}`);
  });
  const listAgents = fc.constant<Step>({
    check: () => true,
    async run(model, rest) {
      const rows = await readAll(rest, { operation: "GET /api/agents" });
      // What kept it from being read is a finding already.
      if (rows === undefined) return;
      const shown = new Set(rows.map(rowId));
      for (const id of model.agents.keys()) demand(shown.has(id), () => "an agent that was created is not listed");
      for (const path of model.gone)
        demand(!shown.has(path.replace("/api/agents/", "")), () => "an agent that was deleted is listed");
    },
    toString: () => "listAgents",
  });
  return [createAgent, renameAgent, readAgent, deleteAgent, listAgents];
}

function makeRoomSteps(fixtures: Fixtures): fc.Arbitrary<Step>[] {
  const rooms = (model: Model): Model["rooms"] => model.rooms;
  const createRoom = fc.constant<Step>({
    check: () => true,
    async run(model, rest) {
      const id = fixtures.newId("seq");
      fixtures.keep("discussion", id);
      const reply = await send(rest, "POST", "/api/discussions", { id, title: "Sequence" });
      demand(reply.status === 201, () => `POST /api/discussions answered ${reply.status}`);
      model.rooms.set(id, { title: "Sequence", contents: [] });
    },
    toString: () => "createDiscussion",
  });
  const post = onOne("post", rooms, async (rest, _model, id, room, text, times) => {
    for (let n = 0; n < times; n += 1) {
      const reply = await send(rest, "POST", `/api/discussions/${id}/messages`, {
        content: `${text}.${n}`,
        authorId: "visitor-1",
      });
      demand(reply.status === 201, () => `POST a message answered ${reply.status}`);
      room.contents.unshift(`${text}.${n}`);
    }
  });
  const readRoom = onOne("readMessages", rooms, async (rest, _model, id, room) => {
    const reply = await send(rest, "GET", `/api/discussions/${id}/messages`);
    const rows = ((reply.json as { data?: readonly Row[] } | undefined)?.data ?? []).filter(
      (row) => row["authorId"] === "visitor-1",
    );
    const shown = rows.map((row) => textOf(row, "content"));
    demand(
      JSON.stringify(shown) === JSON.stringify(room.contents),
      () => `the messages are ${JSON.stringify(shown)} where ${JSON.stringify(room.contents)} were posted`,
    );
    const discussion = await send(rest, "GET", `/api/discussions/${id}`);
    const count = (discussion.json as { messageCount?: number } | undefined)?.messageCount ?? -1;
    demand(count >= room.contents.length, () => `messageCount is ${count} after ${room.contents.length} posts`);
  });
  const deleteRoom = onOne("deleteDiscussion", rooms, async (rest, model, id) => {
    const reply = await send(rest, "DELETE", `/api/discussions/${id}`);
    demand(reply.status === 204, () => `DELETE answered ${reply.status}`);
    model.rooms.delete(id);
    model.gone.push(`/api/discussions/${id}`, `/api/discussions/${id}/messages`);
  });
  // Posting and reading stand there twice: what goes wrong with lists goes wrong after a few of each.
  return [createRoom, post, post, readRoom, readRoom, deleteRoom];
}

const readGone = fc.nat(9).map((pick): Step => ({
  check: (model) => model.gone.length > 0,
  async run(model, rest) {
    const path = model.gone[pick % model.gone.length] ?? "";
    const reply = await send(rest, "GET", path);
    demand(reply.status === 404, () => `GET of something deleted answered ${reply.status}`);
  },
  toString: () => `readDeleted(#${pick})`,
}));

/** Takes away what a sequence left, so that the next one starts as this one did. */
async function clean(rest: Rest, { agents, rooms }: Model): Promise<void> {
  for (const id of agents.keys()) await send(rest, "DELETE", `/api/agents/${id}`);
  for (const id of rooms.keys()) await send(rest, "DELETE", `/api/discussions/${id}`);
}

/** Returns where server and model part. */
async function follow(rest: Rest, model: Model, steps: Iterable<Step>): Promise<Mismatch | undefined> {
  try {
    await fc.asyncModelRun(() => ({ model, real: rest }), steps);
    return undefined;
  } catch (error) {
    if (error instanceof Mismatch) return error;
    throw error;
  }
}

export async function judgeSequences(fixtures: Fixtures): Promise<void> {
  const { rest } = fixtures;
  // What ends the run, or leaves it without an answer, is no reason to look for a shorter sequence.
  const ended: { error?: unknown } = {};
  const property = fc.asyncProperty(
    fc.commands([...makeAgentSteps(fixtures), ...makeRoomSteps(fixtures), readGone], {
      maxCommands: lengthMax,
      size: "max",
    }),
    async (steps) => {
      if ("error" in ended) return;
      const model: Model = { agents: new Map(), rooms: new Map(), gone: [] };
      let mismatch: Mismatch | undefined;
      try {
        mismatch = await follow(rest, model, steps);
        await clean(rest, model);
      } catch (error) {
        ended.error = error;
        return;
      }
      if (mismatch !== undefined) throw mismatch;
      rest.judge.check("sequence", "REST", true, () => ({ detail: "" }));
    },
  );
  const outcome = await fc.check(property, {
    seed: rest.seed,
    numRuns: runs,
    interruptAfterTimeLimit: timeMsMax,
    markInterruptAsFailure: false,
  });
  if ("error" in ended) throw ended.error;
  if (outcome.failed && outcome.counterexample !== null) {
    const error = outcome.errorInstance;
    if (!(error instanceof Mismatch)) throw error;
    const shortest = [...outcome.counterexample[0]].map((step) => step.toString()).join(", ");
    rest.judge.check("sequence", "REST", false, () => ({
      detail: `${error.message}, after ${shortest} (the shortest found; the same seed repeats it)`,
      example: shortest,
    }));
  }
}

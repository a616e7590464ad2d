/** Requests that are refused: what they are answered with, and that nothing comes of them. */
import { expect } from "vitest";
import { findViolations } from "../../schemas/index.js";
import { type Answer, type TestApi, test } from "./api.fixture.js";
import { type ProblemName, problemTypes } from "../http/problems.js";

export interface BadRequest {
  readonly name: string;
  /** @default "POST" */
  readonly method?: string;
  /** ROOM and SECTOR in it, and in the body, stand for ones that are there. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly problem: ProblemName;
  readonly errors?: readonly object[];
}

export const room = "/api/discussions/ROOM/messages";
export const said = { content: "Hello", authorId: "visitor-1" };

export function expectProblem(answer: Answer, problem: ProblemName, path: string): void {
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(findViolations("resources/problem.schema.json", answer.body)).toEqual([]);
  expect(answer.body.type).toBe(`/docs/problems#${problem}`);
  expect(answer.status).toBe(problemTypes[problem].status);
  expect(answer.body.status).toBe(answer.status);
  expect(answer.body.instance).toBe(path);
}

/** What must be the same after a rejected request. */
async function stateOf({ host, store, broadcasts }: TestApi): Promise<unknown> {
  const { world } = host;
  const [sectors, agents, rooms] = [world.sectors(), world.agents(), world.discussions()];
  const messages = await Promise.all(rooms.map(({ id }) => store.messages(id, { limit: 50 })));
  return structuredClone([broadcasts.length, host.status().digest, sectors, agents, rooms, messages]);
}

/** Each is answered with its problem, nothing of it is stored or broadcast, and the server goes on. */
export function testRefusals(badRequests: readonly BadRequest[]): void {
  test.for(badRequests)("$name is a $problem", async (bad, { api }) => {
    const { method = "POST", path, body, headers, problem, errors } = bad;
    const sector = api.host.world.sectors()[0].id;
    const discussion = api.host.world.discussions()[0].id;
    const fill = (text: string): string => text.replace("SECTOR", sector).replace("ROOM", discussion);
    const filledBody = typeof body === "object" ? JSON.parse(fill(JSON.stringify(body))) : body;
    api.advance(2000);
    const before = await stateOf(api);

    const answer = await api.call(method, fill(path), filledBody, headers);
    expectProblem(answer, problem, fill(path).split("?")[0]);
    if (errors !== undefined) expect(answer.body.errors).toEqual(errors.map((error) => expect.objectContaining(error)));

    expect(await stateOf(api)).toEqual(before);
    expect((await api.call("POST", fill(room), said)).status).toBe(201);
  });
}

import { expect, test } from "vitest";
import { findViolations } from "../../schemas/index.js";
import { type TestApi, startApi } from "./api.fixture.js";

function roomOf({ host }: TestApi): string {
  return `/api/discussions/${host.world.discussions()[0].id}/messages`;
}

test("a posted message is stored, broadcast and answered as one and the same", async () => {
  const api = await startApi();
  api.advance(1500);
  const path = roomOf(api);
  api.broadcasts.length = 0;
  const posted = await api.call("POST", path, { content: "Hello!", authorId: "visitor-1" });
  expect(posted.status).toBe(201);
  expect(findViolations("resources/message.schema.json", posted.body)).toEqual([]);
  expect(posted.body).toMatchObject({
    id: "msg-u1",
    authorName: "visitor-1",
    type: "text",
    timestamp: api.host.status().time,
  });

  const { discussionId, ...message } = posted.body;
  expect(api.broadcasts).toEqual([{ event: "discussion:new_message", payload: { discussionId, message } }]);
  expect((await api.call("GET", posted.headers.get("location") ?? "")).body).toEqual(posted.body);
  const list = await api.call("GET", path);
  expect(findViolations("resources/message-list.schema.json", list.body)).toEqual([]);
  expect(list.body.data[0]).toEqual(posted.body);
});

test("the author's name is the one given, else the agent's, else the author's id", async () => {
  const api = await startApi();
  const path = roomOf(api);
  const agent = api.host.world.agents()[0];
  const names = [];
  for (const author of [
    { authorId: agent.id, authorName: "Alias" },
    { authorId: agent.id },
    { authorId: "visitor-1" },
  ]) {
    names.push((await api.call("POST", path, { content: "Hello", ...author })).body.authorName);
  }
  expect(names).toEqual(["Alias", agent.name, "visitor-1"]);
  await api.call("DELETE", `/api/agents/${agent.id}`);
  const kept = (await api.call("GET", path)).body.data.map((message: { authorName: string }) => message.authorName);
  expect(kept.slice(0, 3)).toEqual(["visitor-1", agent.name, "Alias"]);
});

test("characters that a database might choke on come back as they were sent", async () => {
  const api = await startApi();
  const content = "\u0000 '; drop table message; -- \u{1f600} \u2028";
  const posted = await api.call("POST", roomOf(api), { content, authorId: "visitor-1" });
  expect(posted.status).toBe(201);
  expect((await api.call("GET", roomOf(api))).body.data[0].content).toBe(content);
});

test("messages are paged newest first, each exactly once, while new ones come", async () => {
  const api = await startApi();
  const path = roomOf(api);
  const ids: string[] = [];
  for (let n = 0; n < 7; n++) ids.unshift((await api.call("POST", path, { content: `${n}`, authorId: "a" })).body.id);
  const seen: string[] = [];
  let next = `${path}?limit=3`;
  for (;;) {
    const page = await api.call("GET", next);
    seen.push(...page.body.data.map((message: { id: string }) => message.id));
    await api.call("POST", path, { content: "meanwhile", authorId: "a" });
    if (!page.body.hasMore) break;
    next = /<(.*)>; rel="next"/.exec(page.headers.get("link") ?? "")?.[1] ?? "";
  }
  expect(seen.slice(0, 7)).toEqual(ids);
  expect(new Set(seen).size).toBe(seen.length);
});

test("simulated messages are listed with the posted ones, and the room counts both", async () => {
  const api = await startApi();
  api.advance(5 * 60_000);
  const said = api.broadcasts
    .filter(({ event }) => event === "discussion:new_message")
    .map(({ payload }) => payload) as {
    discussionId: string;
    message: { id: string };
  }[];
  expect(said.length).toBeGreaterThan(0);
  const { discussionId } = said[0];
  const inRoom = said.filter((one) => one.discussionId === discussionId);
  const { body } = await api.call("GET", `/api/discussions/${discussionId}/messages?limit=200`);
  expect(body.data).toEqual(
    inRoom
      .map(({ message }) => ({ discussionId, ...message }))
      .toReversed()
      .slice(0, 200),
  );
  expect((await api.call("GET", `/api/discussions/${discussionId}`)).body.messageCount).toBe(inRoom.length);
});

test("a deleted discussion takes its messages with it, also should its id come back", async () => {
  const api = await startApi();
  await api.call("POST", "/api/discussions", { id: "disc-1", title: "Short-lived" });
  const posted = await api.call("POST", "/api/discussions/disc-1/messages", { content: "Hello", authorId: "a" });
  expect((await api.call("DELETE", "/api/discussions/disc-1")).status).toBe(204);
  expect((await api.call("GET", posted.headers.get("location") ?? "")).status).toBe(404);
  await api.call("POST", "/api/discussions", { id: "disc-1", title: "Again" });
  expect((await api.call("GET", "/api/discussions/disc-1/messages")).body.data).toEqual([]);
  expect((await api.call("GET", "/api/discussions/disc-1")).body.messageCount).toBe(0);
});

/** The API answers the same, to the byte, whatever its store is. */
import { expect, test } from "vitest";
import { durableKinds } from "../store/store.fixture.js";
import { type Answer, startApi } from "./api.fixture.js";

const keptHeaders = ["location", "link", "etag", "idempotent-replayed"];
const content = "\u0000 '; drop table message; -- \u{1f600} \u2028";

/** What an API answers to one and the same session: posting, paging, keys, deletion, seek and reset. */
async function answersOf(storeUrl: string): Promise<object[]> {
  const api = await startApi({ storeUrl });
  const answers: object[] = [];
  async function see(method: string, path: string, body?: unknown, key?: string): Promise<Answer> {
    const answer = await api.call(method, path, body, key === undefined ? {} : { "idempotency-key": key });
    const headers = keptHeaders.map((name) => answer.headers.get(name));
    answers.push({ method, path, status: answer.status, headers, body: answer.body });
    return answer;
  }
  async function seePages(path: string, pagesMax: number): Promise<void> {
    for (let next: string | undefined = path, page = 0; next !== undefined && page < pagesMax; page++) {
      const answer = await see("GET", next);
      next = /<(.*)>; rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
    }
  }
  async function seeAll(): Promise<void> {
    await seePages(`${room}?limit=3`, 4);
    for (const interval of ["1s", "5s", "1m", "15m", "1h", "1d"])
      for (const sort of ["asc", "desc"]) await seePages(`${candles}?interval=${interval}&sort=${sort}&limit=5`, 3);
    await seePages(`${candles}?start=${api.host.status().start}`, 1);
  }
  const room = `/api/discussions/${api.host.world.discussions()[0].id}/messages`;
  const candles = `/api/sectors/${api.host.world.sectors()[0].id}/candles`;
  const said = { content, authorId: "visitor-1" };

  api.advance(5 * 60_000);
  const first = await see("POST", room, said, "k-1");
  api.advance(90_250);
  await see("POST", room, said, "k-1");
  await see("POST", room, { ...said, content: "Twice" }, "k-1");
  await see("GET", first.headers.get("location") ?? "");
  await see("GET", `${room}/none`);
  await see("GET", `${room}?cursor=none`);
  await seeAll();

  await see("POST", "/api/discussions", { id: "short", title: "Short" });
  await see("POST", "/api/discussions/short/messages", said);
  await see("DELETE", "/api/discussions/short");
  await see("POST", "/api/discussions", { id: "short", title: "Again" });
  await see("GET", "/api/discussions/short/messages");

  for (const [move, to] of [
    ["seek", { to: 1210 }],
    ["seek", { to: 1000 }],
    ["reset", { seed: "43" }],
  ] as const) {
    answers.push({ move, to, deleted: (await api.control("POST", `/api/simulation/${move}`, to)).body.deleted });
    await seeAll();
    await see("POST", room, said, "k-1");
  }
  return answers;
}

let inMemory: Promise<object[]> | undefined;

test.each(durableKinds)("over $kind as in memory", async ({ createUrl }) => {
  const [expected, found] = [await (inMemory ??= answersOf(":memory:")), await answersOf(await createUrl())];
  expect(expected.length).toBeGreaterThan(100);
  expect(found).toEqual(expected);
});

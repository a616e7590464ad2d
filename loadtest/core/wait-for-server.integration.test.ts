/** A server that is starting is waited for, whether nothing listens yet or a proxy answers for it; others are not. */
import { once } from "node:events";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { attack, startServer } from "../loadtest.fixture.js";
import { parseTarget } from "./target.js";
import { waitForServers } from "./wait-for-server.js";

/** A server that answers with one status after another, the last one again and again. */
async function answerWith(...statuses: number[]): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((_, response) => {
    response.writeHead(statuses.length > 1 ? statuses.shift()! : statuses[0]).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function requestsUntil(server: Server, url: string, waitMs: number): Promise<number> {
  let requests = 0;
  server.on("request", () => (requests += 1));
  await waitForServers([parseTarget({ url })], waitMs);
  return requests;
}

test.each([[[503, 200]], [[502, 504, 401]]])("answers of %j are waited through to the last", async (statuses) => {
  const count = statuses.length;
  const { server, url } = await answerWith(...statuses);
  expect(await requestsUntil(server, url, 60_000)).toBe(count);
});

test("an answer that time does not mend is not waited for, and nobody waits without being asked to", async () => {
  const { server, url } = await answerWith(404);
  expect(await requestsUntil(server, url, 60_000)).toBe(1);
  expect(await requestsUntil(server, url, 0)).toBe(0);
});

test("the wait ends with its time, and the run then tells what there is", async () => {
  const { url } = await answerWith(503);
  await expect(attack({ url }, { waitMs: 300 })).rejects.toMatchObject({
    code: "refused",
    message: `The server at ${url} refuses subscribers: refused with 503. It is at a limit, or starting: raise the limit, or wait for it with the option waitMs.`,
  });
});

test("a run waits until its server is there", async () => {
  const { server, url } = await answerWith(503);
  const run = attack({ url }, { waitMs: 60_000 });
  await once(server, "request");
  const { port } = server.address() as AddressInfo;
  server.close();
  server.closeAllConnections();
  await startServer({ port });
  expect((await run).summary.clients).toMatchObject({ connected: 10, refused: 0 });
});

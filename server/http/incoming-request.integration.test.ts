import { once } from "node:events";
import { type IncomingMessage, type RequestOptions, Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { startMax } from "../main.js";

/** What Java's HTTP client offers with its first request. */
const offer = { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAEAAEAAAAIAAAABAAMAAABk" };

async function start() {
  const max = await startMax({ port: 0, clock: "manual", store: ":memory:" });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(async () => {
    agent.destroy();
    await max.close();
  });
  return async (path: string, options: RequestOptions = {}, body = "") => {
    const asked = request(max.url + path, { agent, ...options }).end(body);
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    return { status: response.statusCode, text: await text(response), isReused: asked.reusedSocket };
  };
}

test("a client that offers HTTP/2 is answered in HTTP/1.1, body and polling included, on the same connection", async () => {
  const ask = await start();
  expect(await ask("/api/sectors", { headers: offer })).toMatchObject({ status: 200, isReused: false });
  expect(await ask("/health")).toMatchObject({ status: 200, isReused: true });
  const post = { method: "POST", headers: { ...offer, "content-type": "application/json" } };
  const body = JSON.stringify({ title: "Offered" });
  expect(await ask("/api/discussions", post, body)).toMatchObject({ status: 201, isReused: true });
  const poll = "/socket.io/?EIO=4&transport=polling";
  expect(await ask(poll, { headers: offer })).toMatchObject({ status: 200, text: expect.stringMatching(/^0\{/) });
});

/** What `close()` does first: nobody new is let in, however long the simulation still has to do. */
import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { startMax } from "./main.js";

test("a server that closes lets nobody in while commands are still being stored", async () => {
  const max = await startMax({ port: 0, clock: "manual" });
  const stored: Promise<unknown>[] = [];
  for (let index = 0; index < 300; index++) {
    const author = { authorId: "visitor-1", authorName: "A visitor" };
    const message = { id: `msg-${index}`, content: "Hello", ...author, type: "text", timestampMs: 0 };
    const command = { type: "postMessage", discussionId: "disc-001", message } as const;
    stored.push(max.simulation.execute(() => ({ command })));
  }
  const socket = connect(Number(new URL(max.url).port), "127.0.0.1");
  await once(socket, "connect");
  const closed = max.close();
  let isStored = false;
  void Promise.all(stored).then(() => (isStored = true));
  socket.write("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(isStored).toBe(false);
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 503 [^]*The server is shutting down\./);
  await closed;
  await Promise.all(stored);
});

test("advance() of a server that is closed says so", async () => {
  const max = await startMax({ port: 0, clock: "manual" });
  await max.close();
  expect(() => max.advance("1s")).toThrow("advance(): this server is closed. Start another one.");
});

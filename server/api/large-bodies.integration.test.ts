/** What is left of a body that is too large is not in the way of the connection's next request. */
import { once } from "node:events";
import { connect } from "node:net";
import { expect } from "vitest";
import { test } from "./api.fixture.js";
import { bodyBytesMax } from "./body.js";

const head = "POST /api/sectors HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
const body = "[".repeat(20 * bodyBytesMax);
const next = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

test.for([
  ["whose length is known", `Content-Length: ${body.length}\r\n\r\n${body}`],
  ["in chunks", `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`],
])("after a body that is too large, %s, the next request is answered", async ([, rest], { api }) => {
  const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
  let received = "";
  socket.on("data", (bytes: Buffer) => (received += bytes.toString()));
  socket.write(head + rest + next);
  await once(socket, "close");
  expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 413", "HTTP/1.1 200"]);
});

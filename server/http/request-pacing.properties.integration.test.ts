/** Pipelined requests: one at a time for each connection, whatever the peer sends and however little it reads. */
import { once } from "node:events";
import { type RequestListener, createServer } from "node:http";
import { type AddressInfo, type Socket, connect } from "node:net";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { amount } from "../../schemas/amount.fixture.js";
import { type HttpLimits, limitHttpServer } from "./http-limits.js";

async function serve(answer: RequestListener, limits?: Partial<HttpLimits>): Promise<number> {
  const server = createServer(answer);
  limitHttpServer(server, limits);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function dial(port: number): Socket {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

const get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const lastGet = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

test("the event loop has a turn between two pipelined requests of a connection", async () => {
  let turn = 0;
  let isOver = false;
  const count = (): void => {
    turn += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  onTestFinished(() => void (isOver = true));
  const turns: number[] = [];
  const port = await serve((_request, response) => {
    turns.push(turn);
    response.end();
  });
  const socket = dial(port);
  socket.write(get.repeat(1999) + lastGet);
  const answers = await text(socket);
  expect(answers.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2000);
  expect(new Set(turns).size).toBe(2000);
});

test("a peer that pipelines large answers and reads nothing has one of them in memory", async () => {
  const answerBytes = 1_000_000;
  let begun = 0;
  let finished = 0;
  let atOnceMax = 0;
  const port = await serve((_request, response) => {
    begun += 1;
    atOnceMax = Math.max(atOnceMax, begun - finished);
    response.once("finish", () => void (finished += 1));
    response.end(Buffer.alloc(answerBytes));
  });
  const socket = dial(port);
  socket.pause();
  socket.write(get.repeat(500) + lastGet);
  // The kernel takes some; then the next answer waits.
  const isWaiting = (): boolean => begun > finished && begun > 1;
  while (!isWaiting()) await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toBeLessThan(500);
  socket.resume();
  await once(socket, "close");
  expect(atOnceMax).toBe(1);
  expect(finished).toBe(501);
});

test("an answer that nobody reads closes its connection after unreadMsMax", async () => {
  const port = await serve((_request, response) => void response.end(Buffer.alloc(50_000_000)), { unreadMsMax: 50 });
  const socket = dial(port);
  socket.pause();
  socket.write(get);
  // Paused, it does not see the reset; what it writes fails.
  const writing = setInterval(() => void socket.write(get), 20);
  await new Promise((resolve) => socket.once("close", resolve));
  clearInterval(writing);
});

test("a connection that waits without an unread byte stays", async () => {
  let finish = (): void => {};
  const port = await serve(
    (_request, response) => {
      response.write("begun");
      finish = () => response.end();
    },
    { unreadMsMax: 1 },
  );
  const socket = dial(port);
  socket.write(lastGet);
  const [bytes] = (await once(socket, "data")) as [Buffer];
  expect(bytes.toString()).toContain("200 OK");
  // Longer than the limit, and than the interval at which it is looked at.
  await new Promise((resolve) => setTimeout(resolve, 700));
  finish();
  await once(socket, "close");
});

interface Sent {
  readonly method: "GET" | "POST";
  readonly body: string;
  readonly isChunked: boolean;
}

function bytesOf({ method, body, isChunked }: Sent): string {
  const head = `${method} /${body.length} HTTP/1.1\r\nHost: localhost\r\n`;
  if (method === "GET") return `${head}\r\n`;
  if (!isChunked) return `${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  const half = Array.from(body).slice(0, 5).join("");
  const chunks = [half, body.slice(half.length)].filter((chunk) => chunk !== "");
  const coded = chunks.map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`).join("");
  return `${head}Transfer-Encoding: chunked\r\n\r\n${coded}0\r\n\r\n`;
}

const requests = fc.array(
  fc.record({
    method: fc.constantFrom("GET" as const, "POST" as const),
    // Empty lines in a body look like the end of headers.
    body: fc.oneof(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.array(fc.constantFrom("\r\n\r\n", "\n\n", "x", get), { maxLength: 20 }).map((parts) => parts.join("")),
    ),
    isChunked: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);

const seed = 17;
test(`requests are the same however their bytes are cut and pipelined (seed ${seed})`, async () => {
  const port = await serve((request, response) => {
    void text(request).then((body) => response.end(JSON.stringify([request.method, request.url, body])));
  });
  await fc.assert(
    fc.asyncProperty(requests, fc.array(fc.nat({ max: 300 }), { maxLength: 20 }), async (sent, cuts) => {
      const socket = dial(port);
      const bytes = Buffer.from(sent.map(bytesOf).join("") + lastGet);
      let from = 0;
      for (const cut of cuts) {
        socket.write(bytes.subarray(from, from + cut));
        from += cut;
        await new Promise((resolve) => setImmediate(resolve));
      }
      socket.write(bytes.subarray(from));
      const answers = await text(socket);
      const seen = [...answers.matchAll(/\r\n\r\n(\[.*\])/g)].map(([, answer]) => JSON.parse(answer) as unknown);
      const expected = sent.map(({ method, body }) => [method, `/${body.length}`, method === "GET" ? "" : body]);
      expect(seen).toEqual([...expected, ["GET", "/", ""]]);
    }),
    { seed, numRuns: amount(200, 10_000) },
  );
}, 600_000);

test("after what is no HTTP nothing more of the connection is read", async () => {
  const paths: string[] = [];
  const port = await serve((request, response) => {
    paths.push(request.url ?? "");
    response.end();
  });
  const socket = dial(port);
  socket.write(`${get}nonsense\r\n\r\n${get}`);
  expect((await text(socket)).match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 400"]);
  expect(paths).toEqual(["/"]);
});

import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { TargetError } from "./index.js";
import { attack } from "./loadtest.fixture.js";
import { parseTarget, readCommandPage, requireSocketIo } from "./target.js";

async function listening(server: ReturnType<typeof createServer>): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function refusal(url: string): Promise<TargetError> {
  const error: unknown = await attack({ url, token: "x" }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TargetError);
  return error as TargetError;
}

test("a server that is not there is one sentence with the way out", async () => {
  const gone = createServer();
  const url = await listening(gone);
  gone.close();
  await once(gone, "close");
  expect(await refusal(url)).toMatchObject({
    code: "unreachable",
    message: expect.stringMatching(/^Nothing answers over HTTP at .*ECONNREFUSED.*--url\.$/),
  });
});

test("a server that takes the connection and then says nothing is given up with the time that it had", async () => {
  const url = await listening(createServer());
  await expect(requireSocketIo(parseTarget({ url }), 20)).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringContaining("(not within 0.02 s)"),
  });
});

test("a server that refuses says with what", async () => {
  const url = await listening(createHttpServer((_, response) => void response.writeHead(403).end()));
  expect(await refusal(url)).toMatchObject({ code: "refused", message: expect.stringContaining("403") });
});

test("a web server that is no Socket.IO server is told apart", async () => {
  const url = await listening(createHttpServer((_, response) => void response.end("hello")));
  expect(await refusal(url)).toMatchObject({ code: "notSocketIo" });
});

test("a server that hangs up, or speaks no HTTP, is not there either", async () => {
  expect(await refusal(await listening(createServer((socket) => void socket.destroy())))).toMatchObject({
    code: "unreachable",
  });
  expect(await refusal(await listening(createServer((socket) => void socket.end("220 mail\r\n"))))).toMatchObject({
    code: "unreachable",
  });
});

test.each(["localhost:8000", "ftp://localhost", "", "http//x"])("%j is no address", async (url) => {
  expect(await refusal(url)).toMatchObject({ code: "badUrl" });
});

test.each([
  ["no page", { data: [], hasMore: true }],
  ["an entry without a command", { data: [{ afterTick: 0, sequence: 1 }], nextCursor: null, hasMore: false }],
])("%s is no page of a command log", async (_, page) => {
  const url = await listening(createHttpServer((_request, response) => void response.end(JSON.stringify(page))));
  expect(await readCommandPage(parseTarget({ url, token: "x" }), 0)).toBeUndefined();
});

test("a path prefix belongs to REST and to Socket.IO", () => {
  const target = parseTarget({ url: "https://example.test/max/" });
  expect(target.base).toBe("https://example.test/max");
  expect(target.subscribers).toMatchObject({ origin: "https://example.test", path: "/max/socket.io/" });
});

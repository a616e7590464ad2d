import { TargetError } from "./errors.js";
import { once } from "node:events";
import { type RequestListener, createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { attack } from "../loadtest.fixture.js";
import { parseTarget } from "./target.js";
import { readCommandPage, readSimulation, requireSocketIo } from "./target-requests.js";

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
    message: expect.stringMatching(/^Nothing answers over HTTP at .*ECONNREFUSED.*correct the URL\.$/),
  });
});

test("a server that takes the connection and then says nothing is given up with the time that it had", async () => {
  const url = await listening(createServer());
  await expect(requireSocketIo(parseTarget({ url }), 20)).rejects.toMatchObject({
    code: "noAnswer",
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

test.each(["", "220 mail\r\n", "\u0015\u0003\u0001\u0000\u0002\u0002\u0050"])(
  "a server that answers %j and hangs up gives no HTTP answer, and may speak TLS",
  async (answer) => {
    const url = await listening(createServer((socket) => void socket.on("error", () => {}).end(answer)));
    expect(await refusal(url)).toMatchObject({
      code: "noAnswer",
      message: expect.stringMatching(
        /gives no HTTP answer \(.+\): use https:\/\/ if it speaks TLS, or correct the URL\.$/,
      ),
    });
  },
);

test.each(["localhost:8000", "ftp://localhost", "", "http//x"])("%j is no address", async (url) => {
  expect(await refusal(url)).toMatchObject({ code: "badUrl" });
});

test.each([
  ["no page", { data: [], hasMore: true }],
  ["an entry without a command", { data: [{ afterTick: 0, sequence: 1 }], nextCursor: null, hasMore: false }],
])("%s is no page of a command log", async (_, page) => {
  const url = await listening(createHttpServer((_request, response) => void response.end(JSON.stringify(page))));
  expect(await readCommandPage(parseTarget({ url, token: "x" }), 0)).toMatchObject({
    status: 200,
    problem: expect.stringContaining("another JSON document"),
  });
});

/** Answers with spaces for as long as they are read. */
const endless: RequestListener = (_, response) => {
  const spaces = Buffer.alloc(1 << 18, 0x20);
  const send = (): void => void (!response.destroyed && response.write(spaces, send));
  send();
};

test("an answer without end is given up at its limit, and named", async () => {
  const url = await listening(createHttpServer(endless));
  const target = parseTarget({ url, token: "x" });
  expect(await readSimulation(target)).toMatchObject({ problem: expect.stringContaining("no end within 1024 KiB") });
  expect(await readCommandPage(target, 0)).toMatchObject({
    problem: expect.stringContaining("no end within 16384 KiB"),
  });
  await expect(requireSocketIo(target)).rejects.toMatchObject({
    code: "noAnswer",
    message: expect.stringContaining("no end within 1024 KiB"),
  });
});

test("a path prefix belongs to REST and to Socket.IO", () => {
  const target = parseTarget({ url: "https://example.test/max/" });
  expect(target.base).toBe("https://example.test/max");
  expect(target.subscribers).toMatchObject({ origin: "https://example.test", path: "/max/socket.io/" });
});

test("cookies of the first answer are sent with every later request, and by the subscribers", async () => {
  const seen: (string | undefined)[] = [];
  const server = createHttpServer((request, response) => {
    seen.push(request.headers.cookie);
    response.setHeader("set-cookie", ["lb=2; Path=/; HttpOnly", "zone=b; Max-Age=60"]).end("0{}");
  });
  const target = parseTarget({ url: await listening(server), headers: { cookie: "mine=1" } });
  await requireSocketIo(target);
  await requireSocketIo(target);
  expect(seen).toEqual(["mine=1", "mine=1; lb=2; zone=b"]);
  expect(target.headers).toEqual({ cookie: "mine=1; lb=2; zone=b" });
  expect(target.subscribers.headers).toEqual(target.headers);
});

test.each([
  ["http://LOCALHOST.:8000", "http://localhost:8000"],
  ["http://shop.localhost.:8000", "http://shop.localhost:8000"],
  ["https://Example.Test.:443/max/", "https://example.test./max"],
  ["http://[0:0::1]:80", "http://[::1]"],
])("%s is %s", (url, base) => {
  expect(parseTarget({ url }).base).toBe(base);
});

test("the console's own address is refused with the address to use and where its token goes", () => {
  expect(() => parseTarget({ url: "http://localhost:8000/?token=secret" })).toThrow(
    'Invalid URL "http://localhost:8000?...": a query is not sent. Use http://localhost:8000, and give a control token with the option token.',
  );
});

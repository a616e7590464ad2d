/** What is wrong with the address, the headers or the token is one sentence, the same from the load test and the checker. */
import { OptionError, TargetError } from "../core/errors.js";
import { once } from "node:events";
import { type RequestListener, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { runContract } from "../contract/index.js";
import { attack } from "../loadtest.fixture.js";
import { maskSecrets } from "../core/mask-secrets.js";
import { type TargetOptions, parseTarget } from "../core/target.js";

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const redirect =
  (status: number, location: string): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, { location }).end();

const refuse =
  (status: number, body: string): RequestListener =>
  (_request, response) =>
    void response.writeHead(status).end(body);

test.each([
  ["a redirect to https", redirect(301, "https://h.test/socket.io/?EIO=4"), "redirect", "to https://h.test (301)"],
  ["a redirect below a path", redirect(308, "https://h.test/max/socket.io/"), "redirect", "https://h.test/max (308)"],
  ["a redirect to a login", redirect(302, "/login?next=secret"), "redirect", "/login (302)"],
  ["a redirect with a password", redirect(307, "https://a:secret@h.test/"), "redirect", "https://h.test (307)"],
  ["a redirect to nowhere", redirect(302, "http://["), "redirect", "no usable address (302)"],
  [
    "a refused host name",
    refuse(403, '{"code":4,"message":"The Host header names no host."}'),
    "wrongHost",
    "(403: The Host header names no host.)",
  ],
  ["a misdirected request", refuse(421, ""), "wrongHost", "--allow-host"],
  [
    "a host that Vite blocks",
    refuse(403, 'Blocked request. This host ("x") is not allowed.'),
    "wrongHost",
    "Blocked request",
  ],
  ["plain HTTP to a TLS port", refuse(400, "Client sent an HTTP request to an HTTPS server."), "tls", "use https://"],
])("%s is named by both", { timeout: 20_000 }, async (_what, answer, code, sentence) => {
  const url = await serve(answer);
  const error: unknown = await attack({ url }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TargetError);
  const { message } = error as TargetError;
  expect([(error as TargetError).code, message]).toEqual([code, expect.stringContaining(sentence)]);
  expect(message).not.toContain("secret");
  const { verdict, reasons, findings } = await runContract({ url, forMs: 50 });
  expect([verdict, reasons, findings]).toEqual(["UNREACHABLE", [message], []]);
});

const url = "http://localhost:1";
test.each<readonly [string, TargetOptions, string]>([
  [
    "a header beyond ASCII",
    { url, headers: { "X-Name": "s3cret 日本" } },
    'Header "X-Name" cannot be sent: its value has the character U+65E5',
  ],
  ["a header with a line break", { url, headers: { Cookie: "s3cret\r" } }, "a line break"],
  ["a header with an emoji", { url, headers: { Cookie: "s3cret 😀" } }, "U+1F600"],
  ["a header with NUL", { url, headers: { Cookie: "s3cret\0" } }, "U+0000"],
  ["a header with a bad name", { url, headers: { "X Name": "s3cret" } }, "a name has only letters"],
  ["the Host header", { url, headers: { host: "s3cret" } }, "the URL decides"],
  ["a header of the connection", { url, headers: { "Sec-WebSocket-Key": "s3cret" } }, "follows from the connection"],
  ["a token beyond ASCII", { url, token: "s3cret日本" }, "The control token has the character U+65E5"],
  ["a token with a line", { url, token: "s3cret\n" }, "The control token has white space"],
  [
    "an address with a query",
    { url: `${url}/max/?token=s3cret` },
    "Use http://localhost:1/max, and give a control token",
  ],
  ["another protocol", { url: "ftp://me:s3cret@localhost" }, 'Invalid URL "ftp://***@localhost"'],
  ["a password with a slash", { url: "http://me:s3c/ret@localhost" }, 'Invalid URL "http://***@localhost"'],
  ["a password with a stray %", { url: "http://me:s3cret%@localhost" }, "%25"],
  [
    "two credentials",
    { url: "http://me:s3cret@localhost", headers: { authorization: "Bearer s3cret" } },
    "Leave one of them out",
  ],
])("%s is refused by both, and repeated by neither", async (_what, options, sentence) => {
  const message = expect.stringContaining(sentence) as string;
  const refused: unknown = await attack(
    { url: options.url, ...(options.token === undefined ? {} : { token: options.token }) },
    { headers: options.headers ?? {} },
  ).catch((reason: unknown) => reason);
  expect(refused).toBeInstanceOf(TargetError);
  expect(refused).toMatchObject({ code: expect.stringMatching(/^bad/), message });
  expect((refused as TargetError).message).not.toMatch(/s3c/);
  const { token, headers = {} } = options;
  const asked = {
    url: options.url,
    headers,
    ...(token === undefined ? {} : { token, profile: "management" as const }),
  };
  const error: unknown = await runContract(asked).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(OptionError);
  expect((error as Error).message).toBe((refused as TargetError).message);
});

test("credentials of the address are sent with everything, and are no part of the address that is shown", () => {
  const { base, headers, subscribers } = parseTarget({ url: "https://some%40one:p%C3%A4ss@example.test/max" });
  const authorization = `Basic ${Buffer.from("some@one:päss").toString("base64")}`;
  expect([base, headers]).toEqual(["https://example.test/max", { Authorization: authorization }]);
  expect(subscribers).toMatchObject({ origin: "https://example.test", headers: { Authorization: authorization } });
});

test.each([
  ["--url=http://me:pw@host:1/x", "--url=http://***@host:1/x"],
  ["http://a:b@c/d@e", "http://***@e"],
  ["GET /x?api_key=1&limit=5&access_token=2#z", "GET /x?api_key=***&limit=5&access_token=***#z"],
  ["http://localhost:8000", "http://localhost:8000"],
])("%s is shown as %s", (text, shown) => {
  expect(maskSecrets(text)).toBe(shown);
});

/** A body whose bytes are not UTF-8 is refused: nothing is stored that was never sent. */
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { expect } from "vitest";
import { test } from "./api.fixture.js";
import { expectProblem } from "./refusals.fixture.js";

const encoders: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  identity: (bytes) => bytes,
  gzip: gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
};

async function post(url: string, encoding: string, body: Buffer): Promise<Response> {
  return await fetch(`${url}/api/discussions`, {
    method: "POST",
    headers: { "content-type": "application/json", "content-encoding": encoding },
    body: new Uint8Array(encoders[encoding](body)),
  });
}

test.for(Object.keys(encoders))("Latin-1 that says it is JSON is refused, packed as %s", async (encoding, { api }) => {
  const before = api.host.world.discussions().length;
  const response = await post(api.url, encoding, Buffer.from('{"title":"Börse"}', "latin1"));
  const { status, headers } = response;
  const body = (await response.json()) as Record<string, unknown>;
  expectProblem({ status, headers, body }, "malformed-json", "/api/discussions");
  expect(body["detail"]).toBe("The body is not valid UTF-8.");
  expect(api.host.world.discussions()).toHaveLength(before);
});

test.for(Object.keys(encoders))(
  "U+FFFD itself is a character like any other, packed as %s",
  async (encoding, { api }) => {
    const title = `Börse \uFFFD ${encoding}`;
    const response = await post(api.url, encoding, Buffer.from(JSON.stringify({ title })));
    expect([response.status, await response.json()]).toMatchObject([201, { title }]);
  },
);

/** A plan that posts messages needs a room: without one it is not carried out in part, but refused in a sentence. */
import { OptionError } from "../core/errors.js";
import { once } from "node:events";
import { type RequestListener, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { startForeign } from "../foreign.fixture.js";
import { attack, shortPlan } from "../loadtest.fixture.js";
import { parseTarget } from "../core/target.js";
import { findMessageTarget } from "./message-target.js";

async function targetOf(answer: RequestListener) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return parseTarget({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

test.each([
  ["a page", "<html>", "answers with something that is not JSON"],
  ["a bare array", '[{"id":"disc-123"}]', "answers with another JSON document than its own"],
  ["rooms without an id", '{"data":[{}]}', "answers with another JSON document than its own"],
  ["no room", '{"data":[]}', "lists no room"],
])("%s is no room to post to", async (_, body, sentence) => {
  const target = await targetOf((_request, response) => void response.end(body));
  const error: unknown = await findMessageTarget(target).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(OptionError);
  expect((error as OptionError).message).toContain(`/api/discussions?limit=1 ${sentence}: create a discussion there`);
});

test("a server that does not answer is given up with the time that it had", async () => {
  const target = await targetOf(() => {});
  await expect(findMessageTarget(target, undefined, 20)).rejects.toThrow("gives no answer (not within 0.02 s)");
});

test("Ctrl-C ends the search", async () => {
  const controller = new AbortController();
  const target = await targetOf(() => controller.abort());
  expect(await findMessageTarget(target, controller.signal)).toBeUndefined();
});

test("a plan with messages is not carried out without them", async () => {
  const run = attack(
    { url: await startForeign(() => undefined) },
    { plan: { ...shortPlan, messages: { perSecond: 1 } } },
  );
  await expect(run).rejects.toThrow("/api/discussions?limit=1 answers 404");
});

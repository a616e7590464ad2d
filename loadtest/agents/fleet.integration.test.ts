/** Who may take part in a run, and what becomes of those who break the protocol. */
import { expect, onTestFinished, test } from "vitest";
import { version } from "../../schemas/package-root.js";
import { TargetError } from "../core/errors.js";
import { agentToken, connectHostile, hello, startAgent, textOf } from "./agents.fixture.js";
import { Fleet } from "./fleet.js";
import { messageBytesMax } from "./link.js";

const lines: string[] = [];

async function open(count = 1, waitMs = 60_000): Promise<{ fleet: Fleet; controller: string }> {
  lines.length = 0;
  const options = { count, host: "127.0.0.1", port: 0, token: agentToken, waitMs };
  const fleet = await Fleet.open(options, (line) => lines.push(line));
  onTestFinished(() => fleet.close());
  return { fleet, controller: `ws://127.0.0.1:${fleet.port}` };
}

function expectError(error: unknown, code: string, words: RegExp): void {
  expect(error).toBeInstanceOf(TargetError);
  expect((error as TargetError).code).toBe(code);
  expect((error as TargetError).message).toMatch(words);
}

test("an agent with another token is refused in one sentence, and does not come to a message", async () => {
  const { controller } = await open();
  const error = await startAgent({ controller, host: "a", token: "another-token", waitMs: 60_000 });
  expectError(error, "agentRefused", /^The controller at ws:\S+ rejected the token\. Check the option token\.$/);
  expect(lines).toEqual([]);
});

test("an agent without a controller waits, and then ends in one sentence", async () => {
  const error = await startAgent({ controller: "ws://127.0.0.1:1", host: "a", waitMs: 500 });
  expectError(error, "noController", /^No controller answers at ws:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/);
  expectError(await startAgent({ controller: "http://x", host: "a" }), "badUrl", /^Invalid controller "http:\/\/x"/);
});

test("agents that do not come in time are named with those that did", async () => {
  const { fleet, controller } = await open(3, 1500);
  const ended = [startAgent({ controller, host: "a" }), startAgent({ controller, host: "b" })];
  const error: unknown = await fleet.gather().catch((reason: unknown) => reason);
  expectError(
    error,
    "noAgents",
    /^2 of 3 agents came within 1\.5 s \((?:a, b|b, a)\)\. Start the others with max agent/,
  );
  await fleet.close();
  await Promise.all(ended);
});

test("a second agent of one name is refused, and one more than there may be", async () => {
  const { fleet, controller } = await open(1);
  void startAgent({ controller, host: "a" });
  await fleet.gather();
  expectError(await startAgent({ controller, host: "a" }), "agentRefused", /An agent a is here already/);
  expectError(await startAgent({ controller, host: "b" }), "agentRefused", /has all the agents/);
});

test.each([
  [{ version: "0.0.0" }, /^It is max 0\.0\.0, and the controller is max/],
  [{ version, simulatorVersion: "0" }, /^Its simulator has version 0, and the controller's/],
])("an agent of another version (%j) is refused with both", async (other, words) => {
  const { controller } = await open();
  const { socket, send } = await connectHostile(controller);
  const answer = new Promise<string>((resolve) => socket.on("message", (data) => resolve(textOf(data))));
  send({ ...hello, ...other });
  expect((JSON.parse(await answer) as { reason: string }).reason).toMatch(words);
});

test.each<[string, string | Buffer, RegExp]>([
  ["what is not JSON", "hello", /JSON/],
  ["bytes", Buffer.from("{}"), /not text/],
  ["no type", "{}", /has no known type/],
  ["a type of Object", '{"type":"constructor"}', /has no known type/],
  ["a report before hello", '{"type":"report","generator":0,"message":{"type":"drained"}}', /before its hello/],
  ["hello without fields", '{"type":"hello"}', /the message hello\.version is not a text/],
  [
    "a host name with a slash",
    JSON.stringify({ ...hello, version, host: "../x" }),
    /hello\.host is not the name of a host/,
  ],
  [
    "more workers than a host may have",
    JSON.stringify({ ...hello, version, workers: 1e9 }),
    /hello\.workers is not a whole number up to 256/,
  ],
  ["too much", `"${"x".repeat(messageBytesMax)}"`, /1009|payload/],
  ["a deep message", "[".repeat(1_000_000), /./],
])("%s ends that link with a reason, and nobody else's", async (_name, message, words) => {
  const { fleet, controller } = await open(1);
  const { socket, closed } = await connectHostile(controller);
  socket.send(message);
  expect(await closed).toMatch(words);
  void startAgent({ controller, host: "a" });
  await fleet.gather();
});

test.each<[string, unknown, RegExp]>([
  ["a second hello", { ...hello, version }, /a second hello/],
  ["ready before it was started", { type: "ready" }, /before it was started/],
  ["a report of no generator", { type: "report", generator: 7, message: { type: "drained" } }, /does not run/],
])("%s of one that was admitted ends its link with a reason", async (_name, message, words) => {
  const { fleet, controller } = await open(1);
  const { send, closed } = await connectHostile(controller);
  send({ ...hello, version });
  await fleet.gather();
  send(message);
  expect(await closed).toMatch(words);
});

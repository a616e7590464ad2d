/** The control token: who has none gets nowhere, and who has it may read the metrics. */
import { type Operation, examplePath } from "../core/operation.js";
import { operations } from "../core/operations.js";
import { type Rest, call, judgeProblem } from "../rest/call.js";
import type { HttpClient } from "../rest/http-client.js";

/** A value is what Go's ParseFloat takes, in whatever case it is written. */
const exposition =
  /^(?:#.*|[a-z_:][\w:]*(?:\{[^{}]*\})? (?:[+-]?inf(?:inity)?|nan|[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?: -?\d+)?)?$/i;

async function judgeRefused(
  rest: Rest,
  anonymousClient: HttpClient,
  operation: Operation,
  token?: string,
): Promise<void> {
  const { judge, coverage } = rest;
  const { method, path } = operation;
  const name = `${method} ${path}`;
  const headers = token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } };
  const reply = await anonymousClient.send(judge, name, { method, path: examplePath(path), ...headers });
  coverage.sawAnswer(method, path, reply.status);
  const challenge = reply.headers.get("www-authenticate");
  const isRefused = judge.check("token-required", name, reply.status === 401 && challenge !== null, () => ({
    detail: `answered ${reply.status} ${challenge === null ? "without" : "with"} WWW-Authenticate to ${token === undefined ? "no token" : "another token"}`,
    value: reply.status,
    example: reply.text.slice(0, 300),
  }));
  if (isRefused) judgeProblem(rest, name, reply);
}

/** Asks for everything that needs the token, without a body: a server that accepts one must not move far. */
export async function judgeToken(rest: Rest, anonymousClient: HttpClient): Promise<void> {
  for (const operation of operations.filter(({ extension }) => extension === "control")) {
    await judgeRefused(rest, anonymousClient, operation);
    await judgeRefused(rest, anonymousClient, operation, "another-token");
  }
}

export async function judgeMetrics(rest: Rest): Promise<void> {
  const operation = "GET /metrics";
  const answer = await call(rest, { operation, expect: 200, rule: "read-status" });
  if (answer === undefined) return;
  const wrong = answer.text.split("\n").find((line) => !exposition.test(line));
  const isText = answer.mediaType === "text/plain" && answer.text.trim() !== "";
  rest.judge.check("metrics-format", operation, isText && wrong === undefined, () => ({
    detail: isText ? `the line ${JSON.stringify(wrong?.slice(0, 100))} is not a sample` : `came as ${answer.mediaType}`,
    value: wrong?.slice(0, 200),
    example: answer.text.slice(0, 300),
  }));
}

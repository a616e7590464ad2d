import { expect, test } from "vitest";
import { describeCommand } from "./command-line.js";
import { parseAuth, parseHeaders } from "./flags/target-flags.js";

/** Typed where `max` is on the PATH. */
function describe(args: readonly string[]): string {
  return describeCommand({ argv: ["node", "/usr/bin/max", ...args], env: {}, cwd: "/" });
}

const checkout = "/src/max-harness";
const script = `${checkout}/dist/bin/max.js`;

test.each([
  ["npm run loadtest -- --clients 5", script, { npm_command: "run-script", npm_lifecycle_event: "loadtest" }],
  ["npm run loadtest -- --clients 5", script, { npm_command: "run", npm_lifecycle_event: "loadtest" }],
  ["npx max loadtest --clients 5", script, { npm_command: "exec" }],
  [
    "npx max loadtest --clients 5",
    "/app/node_modules/.bin/max",
    { npm_command: "run-script", npm_lifecycle_event: "ci" },
  ],
  ["max loadtest --clients 5", "/usr/bin/max", {}],
  ["node dist/bin/max.js loadtest --clients 5", script, {}],
  ["node dist/bin/max.js loadtest --clients 5", script, { npm_command: "test", npm_lifecycle_event: "test" }],
])("%s is said as it was started", (described, path, env) => {
  expect(describeCommand({ argv: ["node", path, "loadtest", "--clients", "5"], env, cwd: checkout })).toBe(described);
});

test("npm run needs no dashes before nothing", () => {
  const env = { npm_command: "run-script", npm_lifecycle_event: "loadtest" };
  expect(describeCommand({ argv: ["node", script, "loadtest"], env, cwd: checkout })).toBe("npm run loadtest");
});

test("a command is quoted so that a shell reads it as it was", () => {
  expect(describe(["loadtest", "--threshold", "latencyMs.p99<50", "--out", "it's here"])).toBe(
    String.raw`max loadtest --threshold 'latencyMs.p99<50' --out 'it'\''s here'`,
  );
});

test.each([
  [["--token", "s3cret"], "max --token ***"],
  [["--token=s3cret"], "max --token=***"],
  [["--auth", '{"token":"s3cret"}', "--json"], "max --auth *** --json"],
  [["--header", "Authorization: s3cret", "--header", "Cookie: s3cret"], "max --header *** --header ***"],
  [["--token", "--token", "--seed", "7"], "max --token *** --seed 7"],
  [["--url", "https://me:s3cret@host/x", "--json"], "max --url 'https://***@host/x' --json"],
  [["--url=http://host/?token=s3cret"], "max '--url=http://host/?token=***'"],
] as const)("what may be a secret is left out of %j", (args, described) => {
  expect(describe(args)).toBe(described);
});

test("headers keep their colons, and lose the space around their values", () => {
  expect(parseHeaders(["X-Time: 10:30 ", "X-Empty:"])).toEqual({ "X-Time": "10:30", "X-Empty": "" });
});

test.each([
  [["Bearer s3cret"], "--header has no name before a colon"],
  [[": s3cret"], "--header has no name before a colon"],
  [["Cookie: s3cret", "cookie: s3cret"], '--header: "cookie" is given twice'],
])("--header %j is refused without its value", (texts, sentence) => {
  const parse = () => parseHeaders(texts);
  expect(parse).toThrow(sentence);
  expect(parse).not.toThrow("s3cret");
});

test.each(["[]", "null", "3", "{", '"text"'])("--auth %s is refused without being repeated", (text) => {
  expect(() => parseAuth(text)).toThrow("--auth takes a JSON object");
});

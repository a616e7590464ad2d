import { expect, test } from "vitest";
import { describeCommand } from "./command-line.js";
import { parseAuth, parseHeaders } from "./target-flags.js";

test("a command is quoted so that a shell reads it as it was", () => {
  expect(describeCommand(["loadtest", "--threshold", "latencyMs.p99<50", "--out", "it's here"])).toBe(
    String.raw`max loadtest --threshold 'latencyMs.p99<50' --out 'it'\''s here'`,
  );
});

test.each([
  [["--token", "s3cret"], "max --token ***"],
  [["--token=s3cret"], "max --token=***"],
  [["--auth", '{"token":"s3cret"}', "--json"], "max --auth *** --json"],
  [["--header", "Authorization: s3cret", "--header", "Cookie: s3cret"], "max --header *** --header ***"],
  [["--token", "--token", "--seed", "7"], "max --token *** --seed 7"],
] as const)("what may be a secret is left out of %j", (args, described) => {
  expect(describeCommand(args)).toBe(described);
});

test("headers keep their colons, and what is none is refused", () => {
  expect(parseHeaders(["X-Time: 10:30", "X-Empty:"])).toEqual({ "X-Time": "10:30", "X-Empty": "" });
  expect(() => parseHeaders(["no header"])).toThrow('--header: "no header" is no header');
});

test.each(["[]", "null", "3", "{", '"text"'])("--auth %s is refused without being repeated", (text) => {
  expect(() => parseAuth(text)).toThrow("--auth takes a JSON object");
});

/** What the documentation of an option calls its default is its default. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { rateLimitDefaults } from "./api/rate-limit.js";
import { httpLimitDefaults } from "./http/http-limits.js";
import { realtimeLimitDefaults } from "./realtime/options.js";
import { slowSubscriberDefaults } from "./realtime/slow-policy.js";
import { startDefaults, startRanges } from "./start-defaults.js";
import { defaultRetention } from "./store/pruning.js";

/** Each option of a file's interfaces: its comment, and its name. */
const option = /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*readonly (\w+)\??:/g;

function commentsIn(files: string): Map<string, string> {
  const text = files
    .split(" ")
    .map((file) => readFileSync(new URL(file, import.meta.url), "utf8"))
    .join("\n");
  return new Map([...text.matchAll(option)].map(([, comment, name]) => [name, comment]));
}

test.each([
  ["start-options.ts", startDefaults],
  ["realtime/options.ts", realtimeLimitDefaults],
  ["realtime/slow-policy.ts", slowSubscriberDefaults],
  ["http/http-limits.ts http/request-pacing.ts http/unread-answers.ts", httpLimitDefaults],
  ["api/rate-limit.ts", rateLimitDefaults],
  ["store/pruning.ts", defaultRetention],
])("%s documents the defaults that hold", (files, defaults: object) => {
  const comments = commentsIn(files);
  const documented = Object.keys(defaults).map((name) => {
    const [, text] = /@default (.+?)\s*$/.exec(comments.get(name) ?? "") ?? [];
    return [name, JSON.parse(/^[\d_]+$/.test(text) ? text.replaceAll("_", "") : text) as unknown];
  });
  expect(Object.fromEntries(documented)).toEqual(defaults);
});

test("start-options.ts documents the ranges of a tick and of a speed", () => {
  const comments = commentsIn("start-options.ts");
  for (const name of ["tickMs", "speed"] as const)
    expect(comments.get(name)).toContain(`${startRanges[name].minimum} to ${startRanges[name].maximum}`);
});

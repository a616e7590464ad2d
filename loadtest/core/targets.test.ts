/** Several addresses are asked as one server: whichever answers. */
import { expect, test } from "vitest";
import { TargetError } from "./errors.js";
import type { Target } from "./target.js";
import type { Reading } from "./target-requests.js";
import { parseTargets } from "./targets.js";

const urls = ["http://a.test:1", "http://b.test:1/max/", "http://c.test:1"];

/** Addresses that answer with these, in order: a name, a status or nothing. */
function askable(answers: readonly (string | number | undefined)[]) {
  const targets = parseTargets({ urls: urls.slice(0, answers.length) });
  const asked: string[] = [];
  const current = [...answers];
  const read = (target: Target): Promise<Reading<string>> => {
    asked.push(target.url.hostname[0]);
    const answer = current[targets.all.indexOf(target)];
    if (typeof answer === "string") return Promise.resolve({ content: answer, bytes: 1 });
    return Promise.resolve({ problem: `gives ${answer}`, status: answer });
  };
  return { ask: () => targets.ask(read), asked, current };
}

test("where one does not answer the next is asked, and from then on first", async () => {
  const { ask, asked, current } = askable([undefined, "from b", "from c"]);
  expect(await ask()).toMatchObject({ content: "from b" });
  expect(await ask()).toMatchObject({ content: "from b" });
  current[1] = undefined;
  expect(await ask()).toMatchObject({ content: "from c" });
  expect(await ask()).toMatchObject({ content: "from c" });
  expect(asked.join("")).toBe("abbbcc");
});

test.each([
  [[undefined, 503], 503],
  [[503, undefined], 503],
  [[undefined, undefined], undefined],
  [[401, 503], 401],
] as const)("where nobody answers (%j) the reading says most that has a status", async (answers, status) => {
  expect(await askable(answers).ask()).toMatchObject({ status });
});

test("an address that is given twice is refused, however it is written", () => {
  const twice = () => parseTargets({ urls: ["http://a.test", "http://b.test", "http://me:secret@a.test:80/"] });
  expect(twice).toThrow(TargetError);
  expect(twice).toThrow(/^The URL http:\/\/a\.test is given twice: expected one address of each member/);
});

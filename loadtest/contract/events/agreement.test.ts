import { expect, test } from "vitest";
import { createFindings } from "../core/findings.js";
import { type FrameLog, countUnmet, judgeAgreement } from "./agreement.js";

/** Frames a millisecond apart, by their letters. */
function log(name: string, letters: string, startMs = 0): FrameLog {
  return { name, frames: Array.from(letters, (packet, at) => ({ packet, atMs: startMs + at })) };
}

function broken(a: FrameLog, b: FrameLog, span = { joinedMs: 0, toMs: 100 }): string[] {
  const findings = createFindings();
  judgeAgreement(findings.judge("realtime", "events"), a, b, span);
  if (findings.list().some(({ rule }) => rule === "subscribers-agree"))
    expect(countUnmet(a, b, span)).toBeGreaterThan(0);
  return findings.list().map(({ rule }) => rule);
}

test("a subscriber that joined later need not have what came before, however late the other one got it", () => {
  expect(broken(log("early", "abcdefgh"), log("late", "defgh"))).toEqual([]);
  expect(broken(log("early", "abcdefgh", 40), log("late", "defgh"))).toEqual([]);
  expect(broken(log("late", "defgh"), log("early", "abcdefgh", 40))).toEqual([]);
});

test("a frame that only one of them received is a loss, whichever it is", () => {
  expect(broken(log("a", "abcdef"), log("b", "abcef"))).toEqual(["subscribers-agree"]);
  expect(broken(log("a", "abcef"), log("b", "abcdef"))).toEqual(["subscribers-agree"]);
});

test("a frame that recurs is counted", () => {
  expect(broken(log("a", "axbxcx"), log("b", "axbxcx"))).toEqual([]);
  expect(broken(log("a", "axbxcx"), log("b", "axbcx"))).toEqual(["subscribers-agree"]);
});

test("two frames the other way round are disorder and no loss", () => {
  expect(broken(log("a", "abcd"), log("b", "acbd"))).toEqual(["subscribers-order"]);
});

test("a subscriber that received nothing at all has lost what came in the second half", () => {
  expect(broken(log("a", "abcdef", 60), log("b", ""))).toEqual(["subscribers-agree"]);
  expect(broken(log("a", "abcdef", 10), log("b", ""))).toEqual([]);
});

function status(name: string): string {
  return `2["agent:status_update",{"agentId":"agent-1","status":"${name}"}]`;
}

function message(id: string): string {
  return `2["discussion:new_message",{"discussionId":"d","message":{"id":"${id}"}}]`;
}

function packets(name: string, all: readonly string[]): FrameLog {
  return { name, frames: all.map((packet, at) => ({ packet, atMs: at })) };
}

const whole = [message("1"), status("idle"), status("active"), status("error"), message("2")];

test("a state that a newer one replaced may be skipped for a slow subscriber, which is a warning", () => {
  expect(broken(packets("a", whole), packets("b", whole.toSpliced(2, 1)))).toEqual(["subscribers-conflated"]);
});

test("a status that recurs is told from the last one by where the log ends", () => {
  const [idle, active] = [status("idle"), status("active")];
  const all = [message("1"), idle, active, idle, active, message("2")];
  expect(broken(packets("a", all), packets("b", [message("1"), idle, active, message("2")]))).toEqual([
    "subscribers-conflated",
  ]);
  const endsOtherwise = [message("1"), idle, active, idle, message("2")];
  expect(broken(packets("a", endsOtherwise), packets("b", [message("1"), idle, active, message("2")]))).toEqual([
    "subscribers-agree",
  ]);
});

test("a state is waited for although a newer one like it came to the other one since: it was not skipped yet", () => {
  const [idle, active] = [status("idle"), status("active")];
  const ahead = packets("a", [message("1"), idle, active, idle]);
  const behind = packets("b", [message("1"), idle]);
  // When the listening ends `active` is the last state, which `behind` has yet to read.
  expect(countUnmet(ahead, behind, { joinedMs: 0, toMs: 2 })).toBe(1);
});

test("the last state must arrive, and every message", () => {
  expect(broken(packets("a", whole), packets("b", whole.toSpliced(3, 1)))).toEqual(["subscribers-agree"]);
  expect(broken(packets("a", [...whole, status("idle")]), packets("b", whole))).toEqual(["subscribers-agree"]);
  expect(broken(packets("a", whole), packets("b", whole.toSpliced(4, 1)))).toEqual(["subscribers-agree"]);
});

test("a slow subscriber may get a message ahead of a state, which is a warning, and nothing else in disorder", () => {
  const [first, idle, active, error, second] = whole as [string, string, string, string, string];
  const overtaken = packets("b", [first, second, idle, active, error]);
  expect(broken(packets("a", whole), overtaken)).toEqual(["subscribers-conflated"]);
  expect(broken(overtaken, packets("a", whole))).toEqual(["subscribers-conflated"]);
  expect(broken(packets("a", whole), packets("b", [first, idle, error, active, second]))).toEqual([
    "subscribers-order",
  ]);
  expect(broken(packets("a", whole), packets("b", [second, idle, active, error, first]))).toContain(
    "subscribers-order",
  );
});

test("what came after the listening ended is not asked of the other one", () => {
  expect(broken(log("a", "abcdef", 96), log("b", "abcde", 96))).toEqual([]);
});

import { expect, test } from "vitest";
import { createFindings } from "./findings.js";

test("a broken rule is shown, however often others were broken before it", () => {
  const findings = createFindings();
  for (let n = 0; n < 1000; n += 1) {
    findings
      .judge("realtime", "events")
      .check("event-documented", `event-${n}`, false, () => ({ detail: "is not documented" }));
    findings.judge("core", "agents").check("read-status", `GET /${n}`, false, () => ({ detail: "answered 404" }));
  }
  findings.judge("realtime", "events").check("event-type", "market:update", false, () => ({ detail: "value is text" }));
  findings.judge("realtime", "events").check("read-status", "GET /", false, () => ({ detail: "answered 404" }));
  const kept = findings.list().map(({ rule, level }) => `${level} ${rule}`);
  expect(kept).toContain("realtime event-type");
  expect(kept).toContain("realtime read-status");
  expect(kept.length).toBeLessThan(500);
});

test("what may be the checker's own fault does not hide what is not", () => {
  const findings = createFindings();
  const judge = findings.judge("core", "agents");
  for (let n = 0; n < 1000; n += 1)
    judge.check("connection-kept", `GET /${n}`, false, () => ({
      detail: "closed",
      inconclusive: "the checker stood still",
    }));
  judge.check("connection-kept", "GET /", false, () => ({ detail: "closed" }));
  expect(findings.list().filter(({ severity }) => severity === "error")).toHaveLength(1);
});

test("a finding stays small, whatever a server puts into it", () => {
  const findings = createFindings();
  const long = "x".repeat(1e6);
  const deep: unknown = JSON.parse("[".repeat(1e5) + "]".repeat(1e5));
  for (let n = 0; n < 100; n += 1)
    findings.judge("core", "agents").check("body-type", `GET /${n}${long}`, false, () => ({
      detail: long,
      pointer: long,
      value: deep,
      example: [long],
    }));
  expect(findings.list()).toHaveLength(100);
  expect(JSON.stringify(findings.list()).length).toBeLessThan(500_000);
});

test("two rules that are broken at one place are two findings", () => {
  const findings = createFindings();
  const judge = findings.judge("core", "agents");
  for (const rule of ["unknown-id", "etag-present"] as const)
    judge.check(rule, "GET /api/agents/:id", false, () => ({ detail: "is wrong" }));
  expect(findings.list().map(({ rule }) => rule)).toEqual(["unknown-id", "etag-present"]);
});

test("what several levels ask for is a finding of the lowest, under the id of the first part", () => {
  const findings = createFindings();
  const check = (level: "documented" | "core", part: "resources" | "agents"): boolean =>
    findings.judge(level, part).check("unknown-id", "GET /", false, () => ({ detail: "answered 200" }));
  check("core", "agents");
  check("documented", "resources");
  check("core", "agents");
  expect(findings.list()).toMatchObject([{ level: "documented", part: "resources", count: 3 }]);
  expect(findings.list()[0]?.id).toMatch(/^resources\.unknown-id\./);
});

test("what a run made has another name in each run, and its findings the same id", () => {
  const ids = ["ct-mi8k2x3a-agent-4", "ct-zz9k2x3b-agent-11"].map((own) => {
    const findings = createFindings();
    findings
      .judge("core", "agents")
      .check("no-server-error", `GET /api/agents/${own}`, false, () => ({ detail: "500" }));
    return findings.list().map(({ id, subject }) => `${id} ${subject}`);
  });
  expect(ids[0]).toEqual(ids[1]);
  expect(ids[0]).toEqual([expect.stringMatching(/ GET \/api\/agents\/:id$/)]);
});

test("equal findings are counted, wherever in a list they stand", () => {
  const findings = createFindings();
  for (const n of [0, 1, 2])
    findings
      .judge("core", "agents")
      .check("body-type", "GET /", false, () => ({ detail: "is text", pointer: `/data/${n}/value` }));
  expect(findings.list()).toMatchObject([{ count: 3, pointer: "/data/0/value" }]);
});

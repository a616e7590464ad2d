import { expect, test } from "vitest";
import { createLedger } from "./findings.js";

test("a broken rule is shown, however often others were broken before it", () => {
  const ledger = createLedger();
  for (let n = 0; n < 1000; n += 1) {
    ledger.judge("realtime").check("event-documented", `event-${n}`, false, () => ({ detail: "is not documented" }));
    ledger.judge("core").check("read-status", `GET /${n}`, false, () => ({ detail: "answered 404" }));
  }
  ledger.judge("realtime").check("event-type", "market:update", false, () => ({ detail: "value is text" }));
  ledger.judge("realtime").check("read-status", "GET /", false, () => ({ detail: "answered 404" }));
  const kept = ledger.findings().map(({ rule, level }) => `${level} ${rule}`);
  expect(kept).toContain("realtime event-type");
  expect(kept).toContain("realtime read-status");
  expect(kept.length).toBeLessThan(500);
});

test("what may be the checker's own fault does not hide what is not", () => {
  const ledger = createLedger();
  const judge = ledger.judge("core");
  for (let n = 0; n < 1000; n += 1)
    judge.check("connection-kept", `GET /${n}`, false, () => ({ detail: "closed", doubt: "the checker stood still" }));
  judge.check("connection-kept", "GET /", false, () => ({ detail: "closed" }));
  expect(ledger.findings().filter(({ severity }) => severity === "error")).toHaveLength(1);
});

test("equal findings are counted, wherever in a list they stand", () => {
  const ledger = createLedger();
  for (const n of [0, 1, 2])
    ledger.judge("core").check("body-type", "GET /", false, () => ({ detail: "is text", pointer: `/data/${n}/value` }));
  expect(ledger.findings()).toMatchObject([{ count: 3, pointer: "/data/0/value" }]);
});

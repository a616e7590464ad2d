import { expect, test } from "vitest";
import { caseId, parseCaseId, placeOf } from "./case-id.js";

const place = { rule: "body-type", subject: "GET /api/agents", pointer: "/data/3/name", keyword: "type" } as const;

test("an id is the same wherever in a list the defect stands, and another at another place, keyword or subject", () => {
  const id = caseId("agents", place);
  expect(id).toMatch(/^agents\.body-type\.[\da-f]{10}$/);
  expect(caseId("agents", { ...place, pointer: "/data/17/name" })).toBe(id);
  const others = [{ pointer: "/data/3/id" }, { keyword: "required" }, { subject: "GET /api/sectors" }];
  expect(new Set([id, ...others.map((other) => caseId("agents", { ...place, ...other }))]).size).toBe(4);
});

test("an id is read back, and what is none is none", () => {
  const id = caseId("unsafe-inputs", place);
  expect(parseCaseId(id)).toMatchObject({ part: "unsafe-inputs", rule: "body-type" });
  for (const text of [
    "",
    "agents",
    id.slice(0, -1),
    `${id}0`,
    id.replace("unsafe-inputs", "nothing"),
    id.replace("body-type", "body"),
  ])
    expect(parseCaseId(text)).toBeUndefined();
});

test("a place is in words", () => {
  expect(placeOf(place)).toBe("GET /api/agents /data/*/name (type)");
  expect(placeOf({ rule: "unknown-id", subject: "GET /api/agents/:id" })).toBe("GET /api/agents/:id");
});

import { expect, test } from "vitest";
import { SessionIds } from "./session-ids.js";

const ids = new SessionIds(() => "secret");

test("an id tells its session to every process that has the secret, and to no other", () => {
  const pid = ids.create("session");
  expect(new SessionIds(() => "secret").read(pid, "t1.0")).toBe("session");
  expect(new SessionIds(() => "other").read(pid, "t1.0")).toBeUndefined();
});

test.each([
  "",
  ".",
  "..",
  "session",
  "session..",
  `${ids.create("session")}x`,
  ids.create("session").replace("s", "S"),
])("an id that was never given is none: %j", (pid) => expect(ids.read(pid, "t1.0")).toBeUndefined());

test("whoever started anew is not recovered with the offset of before", () => {
  const pid = ids.create("session", "t1.0");
  expect(ids.read(pid, "t1.0")).toBeUndefined();
  expect(ids.read(pid, "t1.1")).toBe("session");
});

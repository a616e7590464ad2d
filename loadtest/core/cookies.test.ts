import { expect, test } from "vitest";
import { CookieJar } from "./cookies.js";

const nowMs = Date.UTC(2026, 0, 1);

test.each([
  [["a=1"], "a=1"],
  [["a=1; Path=/; HttpOnly; SameSite=Lax; Secure", "b = 2 "], "a=1; b=2"],
  [["a=1", "a=2"], "a=2"],
  [['a="x=y"; Domain=example.test'], 'a="x=y"'],
  [["a=1", "b=2; Max-Age=0"], "a=1"],
  [["a=1", "a=1; max-age=-1"], undefined],
  [["a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], "a=1"],
  [["a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], undefined],
  [["a=1; Expires=never; Max-Age=soon"], "a=1"],
  [["a=; Path=/"], "a="],
  [["nothing", "=1", ""], undefined],
])("of %j, %j is sent", (lines, cookie) => {
  const jar = new CookieJar();
  jar.store(lines, nowMs);
  expect(jar.addTo({ "X-Id": "7" }, nowMs)).toEqual({ "X-Id": "7", ...(cookie !== undefined && { Cookie: cookie }) });
});

test("the user's cookies are sent, too; of one name the server's", () => {
  const jar = new CookieJar();
  jar.store(["lb=2"], nowMs);
  expect(jar.addTo({ cookie: "mine=1; lb=1" }, nowMs)).toEqual({ cookie: "mine=1; lb=2" });
});

test("a cookie is sent until it expires", () => {
  const jar = new CookieJar();
  jar.store(["lb=2; Max-Age=60"], nowMs);
  expect(jar.addTo({}, nowMs + 59_999)).toEqual({ Cookie: "lb=2" });
  expect(jar.addTo({}, nowMs + 60_000)).toEqual({});
});

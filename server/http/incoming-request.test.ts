import { expect, test } from "vitest";
import { parseRequestTarget } from "./incoming-request.js";

test.each([
  ["/livez?a=b", { path: "/livez?a=b" }],
  ["//[", { path: "//[" }],
  ["*", { path: "*" }],
  ["http://localhost", { path: "/", authority: "localhost" }],
  ["http://localhost:8000/livez?a=http://[", { path: "/livez?a=http://[", authority: "localhost:8000" }],
  ["HTTP://LOCALHOST/livez", { path: "/livez", authority: "LOCALHOST" }],
  ["https://[::1]:8000?x#y", { path: "/?x", authority: "[::1]:8000" }],
])("%s is read", (target, expected) => {
  expect(parseRequestTarget(target)).toEqual(expected);
});

test.each(["", "livez", "?x", "#", "http:", "http://", "http://[", "http:///livez", "http://a:b/", "http://a:99999/"])(
  "%j names nothing",
  (target) => {
    expect(parseRequestTarget(target)).toBeUndefined();
  },
);

test.each([
  "http://%/livez",
  "http://a b/",
  "http:\\\\[\\livez",
  "ftp://x/livez",
  "javascript:alert(1)",
  "http://a^b/",
])("%j names nothing either", (target) => {
  expect(parseRequestTarget(target)).toBeUndefined();
});

import { expect, test } from "vitest";
import { isLoopbackName } from "../../schemas/loopback.js";
import { takesAnyLoopback } from "./loopback.js";

test.each([
  ["localhost", true, true],
  ["shop.localhost", true, true],
  ["127.0.0.1", true, true],
  ["127.4.5.6", true, true],
  ["LOCALHOST.", true, true],
  ["[::ffff:127.0.0.1]", true, false],
  ["[::ffff:192.0.2.1]", false, false],
  ["[::1]", true, false],
  ["192.0.2.1", false, false],
  ["127.example", false, false],
  ["localhost.example", false, false],
])("%s is loopback: %s; with 127.0.0.0/8 in front of it: %s", (host, isLoopback, takesAny) => {
  const { hostname } = new URL(`http://${host}:8000`);
  expect(isLoopbackName(hostname)).toBe(isLoopback);
  expect(takesAnyLoopback(hostname)).toBe(takesAny && process.platform === "linux");
});

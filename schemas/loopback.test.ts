/** Only what leads to this machine is loopback, however it is written. */
import { expect, test } from "vitest";
import { isLoopback, isLoopbackName } from "./loopback.js";

test.each(["localhost", "localhost.", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "[::ffff:7f00:1]"])(
  "%s is a name of this machine",
  (name) => {
    expect(isLoopbackName(name)).toBe(true);
  },
);

test.each([
  "127.0.0.999",
  "127.example",
  "127.0.0.1.example",
  "localhost.example",
  "mylocalhost",
  "128.0.0.1",
  "[::2]",
  "",
])("%j is none", (name) => {
  expect(isLoopbackName(name)).toBe(false);
});

test("the address of a socket is loopback in each of its forms, and an unknown one is not", () => {
  expect(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"].every(isLoopback)).toBe(true);
  expect(["128.0.0.1", "::2", "1127.0.0.1", undefined].some(isLoopback)).toBe(false);
});

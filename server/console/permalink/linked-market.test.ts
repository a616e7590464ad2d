import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import {
  type LinkedMarket,
  differences,
  readMarket,
  resetTo,
  seekTo,
  startCommand,
  toChanges,
} from "./linked-market.js";

const market: LinkedMarket = {
  seed: "it's $HOME & more",
  scenario: "trading-day",
  start: "2026-01-05T14:30:00.000Z",
  time: "2026-01-05T16:00:00.500Z",
  tickMs: 250,
  speed: 2.5,
};

test("what is written to an address is read from it", () => {
  const written = Object.entries(toChanges(market)).map(([name, value]) => [name, String(value)]);
  expect(readMarket(new URLSearchParams(written))).toEqual(market);
  expect(readMarket(new URLSearchParams("?view=agents&sector=tech-001"))).toBeUndefined();
});

test("an address written by hand may name a part only; what cannot be read counts as left out", () => {
  const linked = readMarket(new URLSearchParams("seed=7&time=yesterday&speed=-3")) as LinkedMarket;
  expect(linked).toMatchObject({ seed: "7", time: undefined, speed: undefined });
  expect(differences(linked, market)).toEqual(["seed"]);
  expect(resetTo(linked, market)).toEqual({ seed: "7" });
  expect(seekTo(linked, market)).toBeUndefined();
});

test("time is compared from the start on, because prices do not depend on its date", () => {
  const tomorrow = { ...market, start: "2026-01-06T14:30:00.000Z", time: "2026-01-06T16:00:00.500Z" };
  expect(differences(market, tomorrow)).toEqual(["start"]);
  const earlier = { ...tomorrow, time: "2026-01-06T14:30:10.000Z" };
  expect(differences(market, earlier)).toEqual(["start", "time"]);
  expect(seekTo(market, earlier)).toEqual({ to: 5400.5 * 4 });
  expect(seekTo({ ...market, start: undefined }, earlier)).toEqual({ to: market.time });
});

test("a shell reads the command's values as they are", () => {
  const command = startCommand(market).replace("npx max demo", "printf '%s\\n'");
  const words = execFileSync("/bin/sh", ["-c", command], { encoding: "utf8" }).trimEnd().split("\n");
  expect(words).toEqual([
    `--seed=${market.seed}`,
    "--scenario=trading-day",
    "--start=2026-01-05T14:30:00.000Z",
    "--tick-ms=250",
    "--speed=2.5",
    "--store=:memory:",
  ]);
});

import { expect, test } from "vitest";
import { RowNews } from "./row-news.js";

test("a row that was written since it was last read, lately, tells that its leader is there", () => {
  const news = new RowNews();
  expect([news.take("1/1", 0), news.take("1/1", 50), news.take("1/2", 100), news.take("1/2", 150)]).toEqual([
    false,
    false,
    true,
    false,
  ]);
});

test("what a leader wrote while nobody read tells nothing of now: it may have been stopped since", () => {
  const news = new RowNews();
  news.take("1/1", 0);
  expect([news.take("1/900", 60_000), news.take("1/900", 60_050), news.take("2/1", 60_100)]).toEqual([
    false,
    false,
    true,
  ]);
});

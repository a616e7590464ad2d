import { expect, test } from "vitest";
import { readPrometheusText } from "./prometheus-text.js";

test("values are read by name and label; comments and what is no sample are skipped", () => {
  const samples = readPrometheusText(
    [
      "# HELP a_total What it counts.",
      "# TYPE a_total counter",
      'a_total{event="market:update"} 3',
      'a_total{event="x",other="y z"} 1.5e3 1700000000',
      "b_seconds 0.25",
      "{} 1",
      "",
    ].join("\n"),
  );
  expect([...samples]).toEqual([
    [
      "a_total",
      [
        { labels: { event: "market:update" }, value: 3 },
        { labels: { event: "x", other: "y z" }, value: 1500 },
      ],
    ],
    ["b_seconds", [{ labels: {}, value: 0.25 }]],
  ]);
});

/** The two documents pass their linter, which reports to nobody, and say what the code goes by. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { candleIntervals } from "./candle-intervals.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const redocly = fileURLToPath(new URL("../node_modules/@redocly/cli/bin/cli.js", import.meta.url));

test("openapi.json and asyncapi.json are valid, and keep to the rules of redocly.yaml", async () => {
  const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true", NO_COLOR: "1" };
  const { stderr } = await promisify(execFile)(process.execPath, [redocly, "lint"], { cwd: root, env });
  expect(stderr).toContain("Your API descriptions are valid");
}, 60_000);

test("the intervals of candles are those that openapi.json offers", () => {
  const document = JSON.parse(readFileSync(new URL("openapi.json", import.meta.url), "utf8")) as {
    readonly components: {
      readonly parameters: { readonly Interval: { readonly schema: { readonly enum: unknown } } };
    };
  };
  expect(document.components.parameters.Interval.schema.enum).toEqual(candleIntervals);
});

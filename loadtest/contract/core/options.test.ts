import { OptionError } from "../../core/errors.js";
import { expect, test } from "vitest";
import { runContract } from "../index.js";

test("management cannot be judged read-only", async () => {
  await expect(runContract({ url: "http://127.0.0.1:1", profile: "management", readOnly: true })).rejects.toThrow(
    OptionError,
  );
});

test.each([
  ["following", {}, /belongs to the core profile.* option profile/],
  ["sectors", { profile: "realtime" }, /belongs to the core profile.* option profile/],
  ["creating", { profile: "core" }, /belongs to the management profile.* option profile/],
  ["control", { profile: "management" }, /needs the control token.*option token/],
] as const)(
  "the part %s, asked for alone with %j, would judge nothing and is refused",
  async (part, claim, sentence) => {
    const run = runContract({ url: "http://127.0.0.1:1", only: [part], ...claim });
    await expect(run).rejects.toThrow(OptionError);
    await expect(run).rejects.toThrow(sentence);
  },
);

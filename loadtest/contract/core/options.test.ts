import { expect, test } from "vitest";
import { ContractOptionsError, runContract } from "../index.js";

test("management cannot be judged read-only", async () => {
  await expect(runContract({ url: "http://127.0.0.1:1", profile: "management", readOnly: true })).rejects.toThrow(
    ContractOptionsError,
  );
});

test.each([
  ["following", {}, /belongs to the core profile.* --profile/],
  ["sectors", { profile: "realtime" }, /belongs to the core profile.* --profile/],
  ["creating", { profile: "core" }, /belongs to the management profile.* --profile/],
  ["control", { profile: "management" }, /needs the control token.* --token/],
] as const)(
  "the part %s, asked for alone with %j, would judge nothing and is refused",
  async (part, claim, sentence) => {
    const run = runContract({ url: "http://127.0.0.1:1", only: [part], ...claim });
    await expect(run).rejects.toThrow(ContractOptionsError);
    await expect(run).rejects.toThrow(sentence);
  },
);

/** A server's address as people have it: below a path, or the console's with its token. */
import { expect, test } from "vitest";
import { ContractOptionsError, type ContractResult, runContract } from "./index.js";
import { startLittleServer } from "./little/little-server.fixture.js";
import { startPrefixProxy } from "./prefix-proxy.fixture.js";
import { untilJudged } from "./until-judged.fixture.js";

async function judge(url: string, profile: "realtime" | "management"): Promise<ContractResult> {
  const options = { forMs: 400, profile, only: profile === "realtime" ? [] : (["sectors", "creating"] as const) };
  return await untilJudged(
    async () => await runContract({ url, ...options }),
    ({ verdict }) => verdict === "PASS",
    (result) => result,
  );
}

test.each([
  ["", "nothing"],
  ["/", "location"],
] as const)(
  'a server below a path is judged there (with "%s" behind it, its proxy rewrites %s)',
  async (end, rewrites) => {
    await using server = await startLittleServer();
    await using proxy = await startPrefixProxy(server.url, "/apps/max", rewrites);
    const result = await judge(proxy.url + end, "management");
    expect([result.reasons, result.verdict, result.url]).toEqual([[], "PASS", proxy.url]);
  },
);

test("the address of the console will do, and its token is repeated nowhere", async () => {
  await using server = await startLittleServer();
  const result = await judge(`${server.url}/?token=secret#candles`, "realtime");
  expect([result.reasons, result.verdict]).toEqual([[], "PASS"]);
  expect(JSON.stringify(result)).not.toContain("secret");
});

test.each(["localhost:8000", "ftp://h", ""])("%j is no address", async (url) => {
  await expect(runContract({ url })).rejects.toThrow(ContractOptionsError);
});

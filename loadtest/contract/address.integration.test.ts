/** A server's address as people have it: below a path, with slashes behind it, or none at all. */
import { OptionError } from "../core/errors.js";
import { expect, test } from "vitest";
import { type ContractResult, runContract } from "./index.js";
import { startReferenceServer } from "./reference/reference-server.fixture.js";
import { startPrefixProxy } from "./prefix-proxy.fixture.js";
import { requireMeasured } from "./measured.fixture.js";

async function judge(url: string): Promise<ContractResult> {
  const options = { forMs: 400, profile: "management", only: ["sectors", "creating"] } as const;
  return await runContract({ url, ...options });
}

test.for([
  ["", "nothing"],
  ["/", "location"],
] as const)(
  'a server below a path is judged there (with "%s" behind it, its proxy rewrites %s)',
  async ([end, rewrites], { skip }) => {
    await using server = await startReferenceServer();
    await using proxy = await startPrefixProxy(server.url, "/apps/max", rewrites);
    const result = await judge(proxy.url + end);
    requireMeasured(skip, result);
    expect([result.reasons, result.verdict, result.url]).toEqual([[], "PASS", proxy.url]);
  },
);

test.each(["localhost:8000", "ftp://h", ""])("%j is no address", async (url) => {
  await expect(runContract({ url })).rejects.toThrow(OptionError);
});

/** `max demo --members`: several processes that are one market, as README.md has it. */
import { expect, onTestFinished, test } from "vitest";
import type { Health, SectorList } from "../schemas/index.js";
import { isRedisAbsent, redisUrl } from "../server/cluster/redis.fixture.js";
import { isPostgresAbsent, postgresSchema } from "../server/store/store.fixture.js";
import { exitCodes } from "./cli-error.js";
import { type Started, startMaxCommand } from "./cli.fixture.js";
import { readBlocks, splitWords } from "./docs.fixture.js";

/** The command of README.md with this Redis and this store in place of the ones on the page. */
function startMembers(redis: string, store: string): Started {
  const line = readBlocks("README.md")
    .flatMap(({ text }) => text.split("\n"))
    .find((text) => text.includes("--members"));
  const own: Record<string, string> = { "--cluster": redis, "--store": store };
  const [, , ...words] = splitWords(line!);
  const demo = startMaxCommand(...words.map((word, at) => own[words[at - 1]] ?? word), "--port", "0");
  onTestFinished(async () => {
    demo.child.kill("SIGKILL");
    await demo.ended;
  });
  return demo;
}

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test.skipIf(isRedisAbsent || isPostgresAbsent)(
  "three members are one market; one that dies is named and the others go on; SIGTERM ends all",
  async () => {
    const demo = startMembers(redisUrl, await postgresSchema());
    await demo.wrote("Ctrl-C ends them.");
    const rows = [...demo.stderr().matchAll(/^ {2}(\d+) +(\d+) +(http:\S+)\/ +\S+\/socket\.io\/$/gm)];
    const members = rows.map(([, port, pid, url]) => ({ port: port, pid: Number(pid), url: url }));
    expect(members).toHaveLength(3);
    expect(demo.stderr()).toContain("  Token      from MAX_TOKEN\n");

    const roleOf = async ({ url }: { url: string }) =>
      ((await (await fetch(`${url}/health`)).json()) as Health).member?.role;
    const ledBy = async (among: typeof members) => {
      const roles = await Promise.all(among.map(roleOf));
      return among.filter((_, at) => roles[at] === "leader");
    };
    await expect.poll(() => ledBy(members)).toHaveLength(1);
    const create = async (url: string) => {
      const body = JSON.stringify({ id: "sector-x", name: "X" });
      const headers = { "content-type": "application/json", "idempotency-key": "once" };
      return (await fetch(`${url}/api/sectors`, { method: "POST", headers, body })).status;
    };
    const knownTo = async ({ url }: { url: string }) =>
      ((await (await fetch(`${url}/health`)).json()) as Health).member?.members?.map((one) => new URL(one.url).port);
    for (const member of members)
      await expect.poll(() => knownTo(member)).toEqual(members.map(({ port }) => port).toSorted());
    await expect.poll(() => create(members[2].url)).toBe(201);
    for (const { url } of members) {
      const { data } = (await (await fetch(`${url}/api/sectors?limit=200`)).json()) as SectorList;
      expect(data.map(({ id }) => id)).toContain("sector-x");
    }

    const [leader] = await ledBy(members);
    process.kill(leader.pid, "SIGKILL");
    await demo.wrote(`  ${leader.port}  This member has ended (SIGKILL). 2 of 3 members go on.\n`);
    const left = members.filter((member) => member !== leader);
    await expect.poll(() => ledBy(left)).toHaveLength(1);
    const [next] = await ledBy(left);
    // What a member logs has its port in front.
    await demo.wrote(`\n  ${next.port}  {"level":40`);

    demo.child.kill("SIGTERM");
    expect((await demo.ended).code).toBe(exitCodes.pass);
    expect(members.filter(({ pid }) => isRunning(pid))).toEqual([]);
  },
);

test("where a member does not start, none runs, and the command says why in one sentence", async () => {
  const demo = startMembers("redis://127.0.0.1:1", "postgres://postgres@127.0.0.1:1/none");
  const { code, stderr } = await demo.ended;
  expect(code).toBe(exitCodes.couldNotStart);
  expect(stderr.trim()).toMatch(/^max: The member did not start: Postgres at [^\n]+$/);
});

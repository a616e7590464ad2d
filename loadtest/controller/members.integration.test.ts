/** Several addresses of one market, as the members of a cluster have them; here two proxies in front of one server. */
import { expect } from "vitest";
import { exitCodes } from "../../scripts/cli-error.js";
import { OptionError, TargetError, loadtestErrors } from "../core/errors.js";
import { startForeign } from "../foreign.fixture.js";
import type { Plan } from "../../schemas/index.js";
import {
  attack,
  expectNoFaults,
  noFaults,
  onHold,
  shortPlan,
  startServer,
  test,
  ticksPass,
  verdictOnServer,
} from "../loadtest.fixture.js";
import { startProxy } from "../proxy.fixture.js";
import { startOtherHost } from "./other-host.fixture.js";

const control = { websocket: 2, polling: 1 };

test("subscribers are spread evenly, requests and messages go round, and nothing is lost", async ({ max, skip }) => {
  const urls = [max.url, (await startProxy(max.url)).url, (await startProxy(max.url)).url];
  const { summary } = await attack(
    { url: urls, token: max.token },
    {
      plan: {
        ...shortPlan,
        clients: 11,
        control,
        rest: { perSecond: 120, routes: [{ path: "/api/sectors" }, { path: "/health" }] },
        messages: { perSecond: 20 },
      },
    },
  );
  expectNoFaults(summary);
  const { addresses, target, http, deliveries, latencyMs } = summary;
  expect(target).toMatchObject({ url: urls[0], oracle: "regenerated" });
  expect(addresses.map(({ url }) => url)).toEqual(urls);
  expect(addresses.map(({ connected }) => connected)).toEqual([4, 4, 3]);
  for (const address of addresses) {
    expect(address.http.requests).toBeGreaterThan(http.requests / 3 - 4);
    expect(address.latencyMs.count).toBeGreaterThan(0);
    expect(address.latencyMs.max).toBeLessThanOrEqual(latencyMs.max ?? 0);
  }
  const total = (read: (address: (typeof addresses)[number]) => number) =>
    addresses.reduce((sum, address) => sum + read(address), 0);
  expect(total((address) => address.deliveries.received)).toBe(deliveries.received);
  expect(total((address) => address.latencyMs.count)).toBe(latencyMs.count);
  expect(total((address) => address.http.requests)).toBe(http.requests);
  expect(http.routes.map(({ errors, failed }) => errors + failed)).toEqual([0, 0, 0]);
  skip(summary.server.slips > 0, "not measured: the machine starved the server");
  expect(verdictOnServer(skip, summary), summary.reasons.join()).toBe("PASS");
});

test("an event that one member withholds from one subscriber is one lost delivery, at its address", async ({
  max,
  skip,
}) => {
  const member = await startProxy(max.url);
  let withheld = "";
  const begin = () => {
    member.tamper = ({ connection, index, text }) => {
      if (connection !== 2 || index !== 40) return [text];
      withheld = text;
      return [];
    };
  };
  const plan = { ...shortPlan, clients: 8, control: { websocket: 0, polling: 0 } };
  const { summary } = await attack({ url: [max.url, member.url], token: max.token }, { plan, ...onHold(begin) });
  expect(withheld).not.toBe("");
  expect(summary.deliveries).toMatchObject({ ...noFaults, lost: 1 });
  expect(summary.addresses.map(({ deliveries }) => deliveries.lost)).toEqual([0, 1]);
  expect(summary.fairness.worst[0]).toMatchObject({
    subscriber: expect.stringMatching(`^thin \\d+ at ${member.url}$`),
    faults: 1,
    divergence: { kind: "lost", expected: withheld },
  });
  expect(verdictOnServer(skip, summary)).toBe("FAIL");
});

test("a member that dies amid the run takes its own subscribers with it; all else is known from the others", async () => {
  const max = await startServer();
  const dying = await startProxy(max.url);
  const die = () => void ticksPass(max, 5).then(dying.kill);
  const plan: Plan = {
    ...shortPlan,
    clients: 8,
    rest: { perSecond: 40, routes: [{ path: "/health" }] },
    messages: { perSecond: 20 },
  };
  const { summary } = await attack(
    { url: [dying.url, max.url], token: max.token },
    { plan, durationMs: 1500, ...onHold(die) },
  );
  const [dead, survivor] = summary.addresses;
  expect(dead).toMatchObject({ connected: 4, dropped: 4 });
  expect(dead.deliveries.lost).toBeGreaterThan(0);
  expect(dead.http.errors).toBeGreaterThan(0);
  expect(survivor).toMatchObject({ connected: 4, dropped: 0, deliveries: noFaults, http: { errors: 0, failed: 0 } });
  expect(summary.deliveries).toMatchObject({ ...noFaults, lost: dead.deliveries.lost });
  expect(survivor.deliveries.received).toBe(survivor.deliveries.expected);
  expect(summary.server.errors).toEqual([]);
  expect(summary.http.routes[0].reasons.join()).toContain(`at ${dying.url}`);
  expect(summary.digest).toBeTypeOf("string");
});

async function refusal(url: readonly string[], token?: string): Promise<TargetError | OptionError> {
  const error: unknown = await attack({ url, ...(token !== undefined && { token }) }).catch(
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TargetError);
  return error as TargetError;
}

test("addresses of two markets are refused in one sentence", async ({ max }) => {
  const other = await startServer({ seed: "8" });
  const { code, message } = await refusal([max.url, other.url], max.token);
  expect(code).toBe("otherMarket");
  expect(message).toBe(
    `${max.url} and ${other.url} are not members of one cluster: their seed is "42" and "8". Several URLs are those of one cluster; leave out what is not.`,
  );
  expect(loadtestErrors[code].exitCode).toBe(exitCodes.targetUnreachable);
});

test("so are two servers that only began alike, and one that has no market", async ({ max }) => {
  const { simulation, token, url } = max;
  const alike = await startServer({ startMs: Date.parse(simulation.status().start) });
  expect((await refusal([url, alike.url], token)).message).toContain("their bootId is");
  const foreign = await startForeign(() => undefined);
  expect((await refusal([url, foreign], token)).message).toContain("GET /api/simulation of the second answers 404");
  expect((await refusal([foreign, url], token)).message).toContain("GET /api/simulation of the first answers 404");
});

test("an address that nothing answers at is refused, wherever it stands", async ({ max }) => {
  const { url: gone, kill } = await startProxy(max.url);
  kill();
  for (const urls of [
    [max.url, gone],
    [gone, max.url],
  ]) {
    const { code, message } = await refusal(urls, max.token);
    expect(code).toBe("unreachable");
    expect(message).toContain(`Nothing answers over HTTP at ${gone}`);
  }
});

test("an address that is given twice is refused", async ({ max }) => {
  expect(await refusal([max.url, `${max.url}/`], max.token)).toMatchObject({ code: "badUrl" });
});

test("without the token nothing gives the subscribers of several processes one order", async ({ max }) => {
  const urls = [max.url, (await startProxy(max.url)).url];
  const { code, message } = await refusal(urls);
  expect(code).toBe("notFollowed");
  expect(message).toBe(
    `Several URLs were given, but the stream of ${urls.join(", ")} cannot be regenerated: no token was given to read the command log with. Correct it: the subscribers of several processes are not compared with each other.`,
  );
  expect((await refusal(urls, "wrong")).message).toContain("the server rejected the token with 401");
});

test("addresses whose monotonic clocks differ are not members of one cluster", async ({ max }) => {
  const elsewhere = await startOtherHost(max.url, 20_000_000n);
  const { code, message } = await refusal([max.url, elsewhere], max.token);
  expect([code, message]).toEqual(["otherMarket", expect.stringContaining("the instants of their ticks differ")]);
});

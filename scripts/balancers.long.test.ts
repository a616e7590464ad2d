/** A cluster behind the load balancers of scripts/examples/cluster: stock clients, a load test and the contract. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Summary } from "../schemas/index.js";
import type { Max } from "../server/main.js";
import { isClusterAbsent, leaderOf, listen, scrape, startMember, token } from "../server/cluster.fixture.js";
import { postgresSchema } from "../server/store/store.fixture.js";
import { areBalancersAbsent, balancers, connect, startBalancer, ways } from "./balancers.fixture.js";
import { runMaxCommand } from "./cli.fixture.js";

/** On a shared machine a client may be late, and is to get every event in its place all the same. */
const patient = { softBacklogBytesMax: 0, pongLagMsMax: 0, pollIntervalMs: 0 };

/** Of each client, with those of a subscriber beside the balancer. */
const comparedEvents = 200;

/** A plan with stock clients among the subscribers, and without thresholds of latency: the machine is shared. */
function planFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "max-plan-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const plan = {
    name: "balancer",
    description: "Thin and stock clients behind a load balancer.",
    clients: 40,
    control: { websocket: 4, polling: 4 },
    warmupMs: 500,
    stages: [
      { kind: "ramp", durationMs: 1000 },
      { kind: "hold", durationMs: 4000 },
    ],
    rest: { perSecond: 20, routes: [{ path: "/api/sectors" }] },
    thresholds: [
      "deliveries.lost==0",
      "deliveries.duplicated==0",
      "deliveries.reordered==0",
      "conformance.violations==0",
    ],
  };
  const file = join(folder, "balancer.plan.json");
  writeFileSync(file, JSON.stringify(plan));
  return file;
}

test.skipIf(areBalancersAbsent || isClusterAbsent).for(balancers)(
  "behind %s every client of a cluster gets every event once and in order; load test and contract pass",
  async ([, balancer, change], { skip }) => {
    const store = await postgresSchema();
    const members: Max[] = [];
    for (let count = 0; count < 3; count += 1)
      members.push(await startMember(store, { trustProxy: ["127.0.0.1"], slow: patient }));
    const url = await startBalancer(
      balancer,
      members.map((member) => member.url),
      change,
    );
    const direct = await listen(await leaderOf(members));
    const received = Array.from({ length: 18 }, (_, index) => {
      const events: string[] = [];
      const socket = connect(url, `127.0.2.${index + 1}`, ways[index % ways.length]);
      socket.onAny((event, payload) => events.push(JSON.stringify([event, payload])));
      return events;
    });
    for (const events of received) {
      // What has an instant of its own: a status recurs.
      const first = () => events.findIndex((event) => event.includes("market:update"));
      await expect.poll(() => (first() < 0 ? 0 : events.length - first())).toBeGreaterThan(comparedEvents);
      const mine = events.slice(first(), first() + comparedEvents);
      const from = direct.indexOf(mine[0]);
      expect(from).toBeGreaterThanOrEqual(0);
      await expect.poll(() => direct.length - from).toBeGreaterThan(comparedEvents);
      expect(mine).toEqual(direct.slice(from, from + comparedEvents));
    }
    expect(members.filter((member) => member.subscribers() > 1).length).toBeGreaterThan(1);

    const contract = await runMaxCommand("contract", "--url", url, "--profile", "core", "--for", "5s");
    expect([contract.code, contract.stdout]).toEqual([0, expect.stringContaining("PASS")]);
    for (const member of members)
      expect((await scrape(member))('max_handshakes_refused_total{reason="unknownSession"}')).toBeNaN();
    const flags = ["--plan", planFile(), "--scenario", "fan-out", "--token", token, "--json", "--quiet"];
    const { code, stdout, stderr } = await runMaxCommand("loadtest", "--url", url, ...flags);
    expect(stderr).toBe("");
    const { verdict, reasons } = JSON.parse(stdout) as Pick<Summary, "verdict" | "reasons">;
    skip(verdict === "INVALID", `not measured: ${reasons.join("; ")}`);
    expect([verdict, reasons, code]).toEqual(["PASS", [], 0]);
  },
);

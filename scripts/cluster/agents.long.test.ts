/**
 * Agents on hosts of their own: network namespaces, each with a monotonic clock that began on another day. They hold the
 * subscribers of a cluster as this host does; one that is killed, stopped, cut off or starved makes the run INVALID.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import type { Plan, Summary } from "../../schemas/index.js";
import { isClusterAbsent, token } from "../../server/cluster.fixture.js";
import { attack, expectNoFaults, onHold, shortPlan, startServer } from "../../loadtest/loadtest.fixture.js";
import { agentToken } from "../../loadtest/agents/agents.fixture.js";
import type { LoadtestOptions, LoadtestServer } from "../../loadtest/index.js";
import { maxEntry } from "../max-entry.js";
import { startCluster } from "./cluster.fixture.js";
import { type Host, createNetwork, isNetworkAbsent } from "./network.fixture.js";

const daySeconds = 86_400;
const isForbidden = spawnSync("unshare", ["--time", "--monotonic", String(daySeconds), "true"]).status !== 0;
const isSkipped = isNetworkAbsent || isForbidden;
const invalidMsMax = 5000;

class Agent {
  readonly host: Host;
  readonly #child: ChildProcess;

  constructor(host: Host, index: number, controller: string, workers: number) {
    this.host = host;
    const clock = ["unshare", "--time", "--monotonic", String(daySeconds * (index + 1))];
    const flags = ["--controller", controller, "--token", agentToken, "--workers", String(workers), "--quiet"];
    const [file, ...words] = [...host.enter, ...clock, process.execPath, maxEntry, "agent", "--name", `host-${index}`];
    this.#child = spawn(file, [...words, ...flags], { detached: true, stdio: "inherit" });
    onTestFinished(() => this.signal("SIGKILL"));
  }

  get ended(): Promise<unknown> {
    return this.#child.exitCode === null ? once(this.#child, "exit") : Promise.resolve();
  }

  /** To it and its generators. */
  signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.#child.pid!, signal);
    } catch {
      // It has ended.
    }
  }
}

interface Hosted {
  readonly agents: Agent[];
  readonly options: Partial<LoadtestOptions>;
}

/** Agents on these hosts, and the options of a run that waits for them. */
function placeAgents(hosts: readonly Host[], workers: number): Hosted {
  const agents: Agent[] = [];
  const host = gatewayOf(hosts);
  const onListening = (port: number): void =>
    void agents.push(...hosts.map((one, index) => new Agent(one, index, `ws://${host}:${port}`, workers)));
  return {
    agents,
    options: { agents: { count: hosts.length, host, port: 0, token: agentToken, waitMs: 60_000, onListening } },
  };
}

/** This host's address on the bridge. */
function gatewayOf([host]: readonly Host[]): string {
  return host.address.replace(/\d+$/, "1");
}

function reachable(url: string, hosts: readonly Host[]): string {
  return `http://${gatewayOf(hosts)}:${new URL(url).port}`;
}

const plan: Plan = { ...shortPlan, clients: 900, warmupMs: 1000, stages: [{ kind: "hold", durationMs: 8000 }] };

test.skipIf(isSkipped || isClusterAbsent)(
  "three agents with clocks days apart hold 900 subscribers of three members: nothing is lost, and the accounts add up",
  { timeout: 300_000 },
  async ({ skip }) => {
    const { hosts } = createNetwork(3);
    const flags = ["--host", "0.0.0.0", "--seed", "7", "--scenario", "fan-out"];
    const { members } = await startCluster({ members: 3, flags });
    const { options } = placeAgents(hosts, 2);
    const server: LoadtestServer = { url: members.map(({ url }) => reachable(url, hosts)), token };
    const { summary } = await attack(server, { plan, ...options });
    process.stdout.write(`${summary.verdict} ± ${summary.latencyUncertaintyMs} ms: ${summary.reasons.join("; ")}\n`);
    skip(summary.generator.evidence.length > 0, `not measured: ${summary.generator.evidence.join("; ")}`);
    expect(summary.generator.hosts.map(({ clients, workers }) => [clients, workers])).toEqual([
      [300, 2],
      [300, 2],
      [300, 2],
    ]);
    expect(summary.addresses.map(({ connected }) => connected)).toEqual([300, 300, 300]);
    const { expected, received, lost, corrupted, conflated, missed } = summary.deliveries;
    expect(expected).toBe(received + lost + corrupted + conflated + missed);
    expect(summary.latencyMs.p50).toBeLessThan(60_000);
    expectNoFaults(summary);
    expect(summary.verdict, summary.reasons.join()).toBe("PASS");
    expect(summary.latencyUncertaintyMs).toBeGreaterThan(0);
  },
);

test.skipIf(isSkipped)(
  "where hosts have little to do, their clocks are known to below 1 ms",
  { timeout: 120_000 },
  async ({ skip }) => {
    const { hosts } = createNetwork(3);
    const max = await startServer({ host: "0.0.0.0", tickMs: 500, speed: 1 });
    const { options } = placeAgents(hosts, 2);
    const server = { url: reachable(max.url, hosts), token: max.token };
    const { summary } = await attack(server, { plan: { ...plan, clients: 6 }, ...options });
    process.stdout.write(`${summary.verdict} ± ${summary.latencyUncertaintyMs} ms: ${summary.reasons.join("; ")}\n`);
    skip(summary.generator.evidence.length > 0, `not measured: ${summary.generator.evidence.join("; ")}`);
    expect(summary.verdict, summary.reasons.join()).toBe("PASS");
    expect(summary.latencyUncertaintyMs).toBeGreaterThan(0);
    expect(summary.latencyUncertaintyMs).toBeLessThan(1);
  },
);

interface Fault {
  readonly begin: (agent: Agent) => void;
  /** What the run says against the host. */
  readonly words: RegExp;
}

/** Stopped for most of each while. */
function starve(agent: Agent): void {
  let isStopped = false;
  const timer = setInterval(() => {
    isStopped = !isStopped;
    agent.signal(isStopped ? "SIGSTOP" : "SIGCONT");
    if (isStopped) setTimeout(() => agent.signal("SIGCONT"), 450);
  }, 250);
  setTimeout(() => clearInterval(timer), 20_000);
}

function pause(agent: Agent): void {
  agent.signal("SIGSTOP");
  setTimeout(() => agent.signal("SIGCONT"), 4000);
}

const faults: Readonly<Record<string, Fault>> = {
  killed: { begin: (agent) => agent.signal("SIGKILL"), words: /it was lost|ended early/ },
  "stopped for 4 s": { begin: pause, words: /it was lost: nothing came from it for 3 s/ },
  "cut off": { begin: ({ host }) => host.cut(), words: /it was lost: nothing came from it for 3 s/ },
  starved: { begin: starve, words: /not given a processor|busy|had not read|it was lost/ },
};

test.skipIf(isSkipped).for(Object.entries(faults))(
  "an agent that is %s makes the run INVALID within 5 s, with its host and the second, and the others end",
  { timeout: 120_000 },
  async ([, { begin, words }], { skip }) => {
    const { hosts } = createNetwork(2);
    const max = await startServer({ host: "0.0.0.0", tickMs: 500, speed: 1 });
    const { agents, options } = placeAgents(hosts, 1);
    let faultMs = Number.NaN;
    let endMs = Number.NaN;
    let timer: NodeJS.Timeout | undefined;
    const hold = onHold(
      () => {
        timer = setTimeout(() => {
          faultMs = performance.now();
          begin(agents[1]);
        }, 2000);
      },
      () => {
        clearTimeout(timer);
        endMs = performance.now();
      },
    );
    const server = { url: reachable(max.url, hosts), token: max.token };
    const { summary } = await attack(server, {
      plan: { ...shortPlan, clients: 6 },
      durationMs: 60_000,
      ...options,
      ...hold,
    });
    skip(Number.isNaN(faultMs), `not measured: ${summary.reasons.join("; ")}`);
    process.stdout.write(`after ${Math.round(endMs - faultMs)} ms: ${summary.reasons[0]}\n`);
    expect(summary.verdict).toBe("INVALID");
    expect(reasonsOf(summary)).toMatch(/the agent host-1, second \d+ of the run: /);
    expect(reasonsOf(summary)).toMatch(words);
    expect(endMs - faultMs).toBeLessThan(invalidMsMax);
    await agents[0].ended;
  },
);

function reasonsOf({ reasons }: Summary): string {
  return reasons.join("\n");
}

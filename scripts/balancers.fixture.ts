/** HAProxy and nginx on a free port, with the configurations of the examples, in front of members of this machine. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ManagerOptions, type Socket, io } from "socket.io-client";
import { onTestFinished, vi } from "vitest";
import { freePort } from "../server/core/free-port.fixture.js";

/** Text of a file in the examples of a cluster. */
export function readExample(name: string): string {
  return readFileSync(new URL(`examples/cluster/${name}`, import.meta.url), "utf8");
}

interface Program {
  readonly file: string;
  /** What the file has for the port that clients come to. */
  readonly listen: string;
  /** Arguments for a configuration in a folder of its own. */
  readonly args: (folder: string, file: string) => string[];
  /** What a configuration needs to run beside others, by anybody. */
  readonly adapt?: (text: string, folder: string) => string;
}

const nginxFolders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

const programs = {
  haproxy: { file: "haproxy.cfg", listen: "bind :80", args: (_folder, file) => ["-db", "-f", file] },
  nginx: {
    file: "nginx.conf",
    listen: "listen 80",
    args: (folder, file) => ["-p", folder, "-e", "stderr", "-c", file, "-g", `daemon off; pid ${folder}/nginx.pid;`],
    adapt: (text, folder) =>
      replaceOnce(
        text,
        "http {",
        `http {\naccess_log off;\n${nginxFolders.map((name) => `${name}_temp_path ${folder}/${name};\n`).join("")}`,
      ),
  },
} satisfies Record<string, Program>;

export type Balancer = keyof typeof programs;

const absent = Object.keys(programs).filter((name) => spawnSync(name, ["-v"]).error !== undefined);
if (absent.length > 0) {
  const sentence = `Not installed: ${absent.join(", ")} (apt-get install haproxy nginx).`;
  if (process.env["CI"] === "true") throw new Error(sentence);
  process.stderr.write(`Skipped the tests behind load balancers. ${sentence}\n`);
}

/** True when the tests behind load balancers must be skipped. */
export const areBalancersAbsent = absent.length > 0;

/** An example that no longer has what a test changes of it would be tested unchanged. */
export function replaceOnce(text: string, what: string, by: string): string {
  if (text.split(what).length !== 2) throw new Error(`"${what}" is not there once.`);
  return text.replace(what, () => by);
}

/**
 * Starts it until the test ends. Resolves with its URL once it leads to a member that is ready.
 *
 * @param members URLs for the three of the example; fewer take the places of several
 * @param change changes the example
 */
export async function startBalancer(
  name: Balancer,
  members: readonly string[],
  change: (text: string) => string = (text) => text,
): Promise<string> {
  const { file, listen, args, adapt = (text: string) => text }: Program = programs[name];
  const folder = mkdtempSync(join(tmpdir(), `max-${name}-`));
  const port = await freePort();
  let text = replaceOnce(readExample(file), listen, listen.replace(/:?80/, `127.0.0.1:${port}`));
  for (const [index, given] of ["127.0.0.1:8000", "127.0.0.1:8001", "127.0.0.1:8002"].entries())
    text = replaceOnce(text, given, `127.0.0.1:${new URL(members[index % members.length]).port}`);
  const path = join(folder, file);
  writeFileSync(path, adapt(change(text), folder));
  const child = spawn(name, args(folder, path), { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (part: string) => (stderr += part));
  const closed = once(child, "close");
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await closed;
    rmSync(folder, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${port}`;
  await vi.waitFor(async () => {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${stderr}`);
    const { status } = await fetch(`${url}/readyz`);
    if (status !== 200) throw new Error(`${name} answers ${status}: ${stderr}`);
  }, 60_000);
  return url;
}

/** The examples, and HAProxy with PROXY headers in place of X-Forwarded-For. */
export const balancers: readonly [string, Balancer, (text: string) => string][] = [
  ["HAProxy", "haproxy", (text) => text],
  [
    "HAProxy with PROXY headers",
    "haproxy",
    (text) =>
      replaceOnce(
        replaceOnce(text, "    option forwardfor\n", ""),
        "default-server check",
        "default-server send-proxy-v2 check",
      ),
  ],
  ["nginx", "nginx", (text) => text],
];

/** Ways of stock clients. */
export const ways: readonly Partial<ManagerOptions>[] = [
  { transports: ["polling"] },
  { transports: ["websocket"] },
  { transports: ["polling", "websocket"] },
];

/** A client of this address: a loopback address of its own. */
export function agentOf(address: string): Agent {
  const agent = new Agent({ localAddress: address, keepAlive: true });
  onTestFinished(() => agent.destroy());
  return agent;
}

/** A stock client, as the README tells it: the cookie of a balancer is kept. It does not come back by itself. */
export function connect(url: string, address: string, options: Partial<ManagerOptions>): Socket {
  const socket = io(url, {
    forceNew: true,
    reconnection: false,
    withCredentials: true,
    // The types are a browser's.
    agent: agentOf(address) as unknown as string,
    ...options,
  });
  onTestFinished(() => void socket.close());
  return socket;
}

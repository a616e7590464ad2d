/**
 * The image's entry point in a clean root, as the Dockerfile has it: what it copies, sets and runs. Read-only, as another
 * user than root, process 1 of its namespace. No Docker is needed; root and namespaces of Linux are.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageRoot } from "../../schemas/package-root.js";
import { startDefaults } from "../../server/start-defaults.js";
import { freePort } from "../../server/core/free-port.fixture.js";

const checkout = fileURLToPath(packageRoot);
const dockerfile = readFileSync(join(checkout, "Dockerfile"), "utf8").split(/\nFROM .*distroless/)[1] ?? "";
const json = (instruction: string) =>
  JSON.parse(new RegExp(`^${instruction} (\\[.*\\])$`, "m").exec(dockerfile)?.[1] ?? "[]") as string[];
const env = Object.fromEntries([...dockerfile.matchAll(/\b(MAX_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]));
const user = /^USER (\d+):(\d+)$/m.exec(dockerfile)!;
const folder = /^WORKDIR (\S+)$/m.exec(dockerfile)![1];
const isPossible =
  process.getuid?.() === 0 && spawnSync("unshare", ["--mount", "--pid", "--fork", "true"]).status === 0;
if (!isPossible && process.env["CI"] === "true") throw new Error("needs root, and namespaces of Linux");

let root: string;
let data: string;
const running = new Set<ChildProcess>();

function copy(source: string, target: string): void {
  mkdirSync(dirname(join(root, target)), { recursive: true });
  cpSync(source, join(root, target), { recursive: true, dereference: true });
}

beforeAll(() => {
  if (!isPossible) return;
  root = mkdtempSync(join(tmpdir(), "max-root-"));
  data = mkdtempSync(join(tmpdir(), "max-data-"));
  execFileSync("chmod", ["755", root]);
  chownSync(data, Number(user[1]), Number(user[2]));
  for (const name of ["proc", "dev", folder]) mkdirSync(join(root, name));
  copy(process.execPath, "nodejs/bin/node");
  // The base image has Node.js and glibc; SQLite's binary needs a part of that which Node.js does not.
  const binary = "node_modules/@libsql/linux-x64-gnu/index.node";
  const linked = execFileSync("ldd", [process.execPath, binary], { cwd: checkout, encoding: "utf8" });
  for (const [, library] of linked.matchAll(/(\/\S+) \(/g)) copy(library, library);
  for (const [, sources = "", target = ""] of dockerfile.matchAll(/^COPY --from=build ((?:\/src\S* )+)(\S+)$/gm)) {
    for (const source of sources.trim().split(" ")) {
      const path = source.replace("/src/", "");
      // The prune of the build leaves these.
      if (path === "node_modules") copyDependencies(target);
      else copy(join(checkout, path), target.endsWith("/") ? join(target, path) : target);
    }
  }
});

function copyDependencies(target: string): void {
  const args = ["ls", "--omit=dev", "--all", "--parseable"];
  const { stdout } = spawnSync("npm", args, { cwd: checkout, encoding: "utf8" });
  const inside = join(checkout, "node_modules/");
  for (const path of new Set(stdout.trim().split("\n")))
    if (path.startsWith(inside)) copy(path, join(target, path.slice(inside.length)));
}

afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
  if (isPossible) for (const path of [root, data]) rmSync(path, { recursive: true, force: true });
});

interface Container {
  readonly url: string;
  readonly metricsUrl: string;
  /** The server itself, process 1 of its namespace. */
  readonly pid: number;
  readonly ended: Promise<number | null>;
}

/** What `docker run --read-only -v data:/data` does, with ports of its own. */
async function run(...args: string[]): Promise<Container> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const script = `
    mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" &&
    mount --bind "$1" "$0${folder}" && mount -t proc proc "$0/proc" || exit 99
    root=$0; shift
    exec unshare --pid --fork --kill-child --root="$root" --wd=${folder} --setgid=${user[2]} --setuid=${user[1]} "$@"`;
  const command = [...json("ENTRYPOINT"), ...(args.length > 0 ? args : json("CMD"))];
  const child = spawn("unshare", ["--mount", "bash", "-c", script, root, data, ...command], {
    env: { PATH: process.env["PATH"], ...env, MAX_PORT: String(port), MAX_METRICS_PORT: String(metricsPort) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  running.add(child);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "exit").then(([code]: (number | null)[]) => {
    running.delete(child);
    return code ?? null;
  });
  const url = `http://127.0.0.1:${port}`;
  const isReady = () =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => child.exitCode !== null,
    );
  await expect.poll(isReady).toBe(true);
  if (child.exitCode !== null) throw new Error(stderr);
  const [pid] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim().split(" ").map(Number);
  return { url, metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`, pid: pid, ended };
}

const message = JSON.stringify({ content: "kept in the volume", authorId: "agent-001" });
const messages = "/api/discussions/disc-001/messages";

test.skipIf(!isPossible)(
  "it starts as another user on a read-only root, serves, drains on SIGTERM, and keeps its state",
  async () => {
    const first = await run();
    const status = readFileSync(`/proc/${first.pid}/status`, "utf8");
    expect(status).toMatch(new RegExp(`^Uid:\\t${user[1]}\\t${user[1]}`, "m"));
    expect(status).toMatch(/^NSpid:\t\d+\t1$/m);
    const mounts = readFileSync(`/proc/${first.pid}/mountinfo`, "utf8").split("\n");
    expect(mounts.find((line) => line.split(" ")[4] === "/")).toMatch(/ \/ ro,/);

    const headers = { "content-type": "application/json" };
    const posted = await fetch(first.url + messages, { method: "POST", headers, body: message });
    expect(posted.status).toBe(201);
    expect(await (await fetch(first.metricsUrl)).text()).toContain("max_batches_total");
    const healthcheck = json("HEALTHCHECK .*CMD");
    const { status: code } = spawnSync(process.execPath, healthcheck.slice(1), {
      env: { MAX_PORT: new URL(first.url).port },
    });
    expect(code).toBe(0);

    const beganMs = performance.now();
    process.kill(first.pid, "SIGTERM");
    expect(await first.ended).toBe(0);
    expect(performance.now() - beganMs).toBeLessThan(startDefaults.drainMs + 8_000);
    expect(readdirSync(join(data, ".max")).toSorted()).toEqual(
      expect.arrayContaining([".gitignore", "store.sqlite", "token"]),
    );
    expect(statSync(join(data, ".max/token")).uid).toBe(Number(user[1]));

    const second = await run();
    const kept = (await (await fetch(`${second.url}${messages}?limit=200`)).json()) as { data: { content: string }[] };
    expect(kept.data.map(({ content }) => content)).toContain("kept in the volume");
    process.kill(second.pid, "SIGTERM");
    expect(await second.ended).toBe(0);
  },
);

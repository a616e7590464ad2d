/**
 * `npm run check-package`: packs what has been built, installs the tarball in an empty folder, and uses it there as
 * strangers would.
 *
 * publint and attw judge what is published; then come plain JavaScript as an ES module and as CommonJS, the types under
 * NodeNext, Node16 and a bundler, the test runners that README.md names, and the command. Installing runs scripts, so
 * that one which builds would show. Prints what the package weighs. Exits with 1 at the first check that fails.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../../schemas/package-root.js";

const root = fileURLToPath(packageRoot);
const folder = mkdtempSync(join(tmpdir(), "max-package-"));
const tool = (name: string): string => join(root, "node_modules", ".bin", name);
const say = (text: string): boolean => process.stdout.write(`${text}\n`);

interface PackedPackage {
  readonly filename: string;
  readonly entryCount: number;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

function run(command: string, args: readonly string[], cwd = folder, variables: NodeJS.ProcessEnv = {}): string {
  try {
    return execFileSync(command, args, {
      cwd,
      env: { ...process.env, ...variables },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 120_000,
    });
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

const application = `import { startMax } from "max-harness";
import { findViolations, runContract } from "max-harness/contract";
import { runLoadtest } from "max-harness/loadtest";
import { createWorld } from "max-harness/simulator";

const live = await startMax({ port: 0, store: ":memory:", speed: 4 });
const load = { plan: "smoke", clients: 4, warmupMs: 0, durationMs: 500, outDir: "library-report" };
const { deliveries, target } = await runLoadtest({ url: live.url, token: live.token, ...load });
await live.close();
if (deliveries.received === 0 || deliveries.lost > 0 || target.oracle !== "regenerated") throw new Error("no load test");

const max = await startMax({ port: 0, seed: "42", clock: "manual", store: ":memory:" });
max.advance("1m");
const health = await (await fetch(new URL("/health", max.url))).json();
const page = await fetch(max.url);
const judged = await runContract({ url: max.url, profile: "documented", only: ["resources"] });
await max.close();
if (judged.verdict !== "PASS") throw new Error("no verdict: " + judged.reasons.join("; "));
if (findViolations("resources/health.schema.json", health).length > 0) throw new Error("no health");
if (typeof createWorld !== "function") throw new Error("no world");
if (!page.ok || !(await page.text()).includes("<script")) throw new Error("no console");
`;

const commonJs = `const { startMax } = require("max-harness");
const { contractMatchers, runContract } = require("max-harness/contract");
const { runLoadtest } = require("max-harness/loadtest");
const { createWorld } = require("max-harness/simulator");
if (typeof runContract !== "function" || typeof contractMatchers !== "object" || typeof createWorld !== "function") throw new Error("no exports");
startMax({ port: 0, store: ":memory:", speed: 4 }).then(async ({ url, token, close }) => {
  const { deliveries } = await runLoadtest({ url, token, plan: "smoke", clients: 4, warmupMs: 0, durationMs: 500 });
  if (deliveries.received === 0 || deliveries.lost > 0) throw new Error("no load test");
  await close();
});
`;

const typed = `import { type Max, type StartOptions, startMax } from "max-harness";
import { type ContractMatchers, type ContractResult, contractMatchers, runContract } from "max-harness/contract";
import { type LoadtestOptions, type Summary, runLoadtest } from "max-harness/loadtest";
import { createWorld } from "max-harness/simulator";

const load: LoadtestOptions = { url: "http://localhost:8000", plan: "smoke", thresholds: ["latencyMs.p99<50"] };
export const summary: Promise<Summary> = runLoadtest(load);
export const judged: Promise<ContractResult> = runContract({ url: "http://localhost:8000", profile: "documented" });
const options: StartOptions = { port: 0, clock: "manual" };
export const max: Promise<Max> = startMax(options);
export const matchers: object = contractMatchers;
export type Matchers = ContractMatchers<void>;
export const world: object = createWorld;
// @ts-expect-error -- the types say what the clock can be
void startMax({ clock: "sundial" });
`;

const compilers = {
  NodeNext: { options: { module: "nodenext", moduleResolution: "nodenext" }, files: ["use.ts", "use.cts"] },
  Node16: { options: { module: "node16", moduleResolution: "node16" }, files: ["use.ts", "use.cts"] },
  bundler: { options: { module: "esnext", moduleResolution: "bundler" }, files: ["use.ts"] },
};

const imports = `import { startMax } from "max-harness";
import { contractMatchers, findViolations } from "max-harness/contract";
`;

const requires = `const { startMax } = require("max-harness");
const { contractMatchers } = require("max-harness/contract");
`;

/** For every runner with `test` and `expect`, as the examples in README.md. */
const matcherTests = `
expect.extend(contractMatchers);

test("an event keeps the contract", () => {
  const event = { agentId: "agent-789", status: "active", sectorId: "tech-001" };
  expect(event).toBeContractEvent("agent:status_update");
  expect({ ...event, sectorId: 1 }).not.toBeContractEvent("agent:status_update");
});
`;

const refusedTests = `
test("a server in a page's environment", async () => {
  await expect(startMax({ port: 0, store: ":memory:" })).rejects.toThrow("@jest-environment node");
});
`;

/** The store's thread takes part. */
const tests = `${matcherTests}
test.each([":memory:", "market.sqlite"])("a frozen market in %s", async (store) => {
  const max = await startMax({ port: 0, seed: "42", clock: "manual", store, reset: true });
  const before = (await (await fetch(max.url + "/health")).json()).simulation.tick;
  max.advance("1m");
  const { simulation } = await (await fetch(max.url + "/health")).json();
  await max.close();
  expect(simulation.tick).toBeGreaterThan(before);
}, 60_000);
`;

const nodeTests = `import test from "node:test";
${imports}
test("a frozen market", async (t) => {
  const max = await startMax({ port: 0, seed: "42", clock: "manual", store: ":memory:" });
  max.advance("1m");
  const health = await (await fetch(max.url + "/health")).json();
  await max.close();
  t.assert.deepStrictEqual(findViolations("resources/health.schema.json", health), []);
});
`;

/** As `npm init jest@latest` leaves a project: CommonJS, with babel or without. */
function checkJest(): void {
  const project = join(folder, "jest");
  mkdirSync(project);
  const write = (name: string, text: string) => writeFileSync(join(project, name), text);
  const jest = (name: string, nodeOptions = "") => {
    const flags = ["--testMatch", `**/${name}`, "--ci"];
    run(join(project, "node_modules", ".bin", "jest"), flags, project, { NODE_OPTIONS: nodeOptions });
  };
  write("package.json", JSON.stringify({ name: "jest-project", private: true }));
  const tools = ["jest@30", "jest-environment-jsdom@30", "@babel/plugin-transform-modules-commonjs@7"];
  run("npm", ["install", "--no-audit", "--no-fund", ...tools], project);

  write("required.test.js", requires + tests);
  jest("required.test.js");
  write("page.test.js", `/** @jest-environment jsdom */\n${requires}${matcherTests}`);
  jest("page.test.js");
  write("server.test.js", `/** @jest-environment jsdom */\n${requires}${refusedTests}`);
  jest("server.test.js");
  write("module.test.mjs", imports + tests);
  jest("module.test.mjs", "--experimental-vm-modules");
  write("babel.config.json", JSON.stringify({ plugins: ["@babel/plugin-transform-modules-commonjs"] }));
  write("imported.test.js", imports + tests);
  jest("imported.test.js");
  say("Jest runs it: CommonJS, babel and ES modules; under jsdom the matchers work, and startMax names the way out");
}

/** As README.md shows them: a load test, and a demo that the contract checker judges. */
async function checkCommand(): Promise<void> {
  const command = join(folder, "node_modules", ".bin", "max");
  run(command, ["simulate", "--for", "10s", "--digest"]);
  const flags = ["--clients", "5", "--duration", "2s", "--warmup", "200ms", "--quiet", "--json", "--out", "report"];
  const loadtest = spawnSync(command, ["loadtest", "--plan", "smoke", ...flags], { cwd: folder, encoding: "utf8" });
  // INVALID (3) is about how busy the machine is, not about the package.
  if (![0, 3].includes(loadtest.status ?? -1)) throw new Error(`max loadtest failed:\n${loadtest.stderr}`);
  const { deliveries } = JSON.parse(loadtest.stdout) as {
    readonly deliveries: { readonly received: number; readonly lost: number };
  };
  if (deliveries.received === 0 || deliveries.lost > 0) throw new Error(`The load test lost ${deliveries.lost}.`);
  say(
    `npx max loadtest: ${deliveries.received} deliveries; ${readFileSync(join(folder, "report/report.html")).length} bytes of report`,
  );

  const npx = (...args: readonly string[]) => ["--offline", "max-harness", ...args];
  const demo = spawn("npx", npx("demo", "--port", "0", "--speed", "10"), {
    cwd: folder,
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  try {
    let url: string | undefined;
    for await (const line of createInterface({ input: demo.stderr })) {
      url = /REST +(http:\S+)\/api\//.exec(line)?.[1];
      if (url !== undefined) break;
    }
    if (url === undefined) throw new Error("npx max-harness demo did not start.");
    run("npx", npx("contract", "--url", url, "--profile", "documented", "--for", "3s"));
  } finally {
    // npx, its shell and the server.
    process.kill(-(demo.pid ?? 0), "SIGINT");
  }
  say("npx max-harness demo keeps the documented API, by npx max-harness contract");
}

/** What the package and its dependencies may take, MB on disk. The binaries of SQLite are 19 of them on Linux. */
const installedMbMax = 56;

/** What a file or folder takes on disk, as `du` has it: whole blocks, MB. */
function diskMbOf(path: string): number {
  const entry = lstatSync(path);
  const ownMb = ((entry.blocks ?? 0) * 512) / 1e6;
  if (!entry.isDirectory()) return ownMb;
  return readdirSync(path).reduce((sum, name) => sum + diskMbOf(join(path, name)), ownMb);
}

try {
  const packing = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [packed] = JSON.parse(run("npm", packing, root)) as [PackedPackage];
  const tarball = join(folder, packed.filename);
  const strays = packed.files.filter(
    ({ path }) =>
      !path.startsWith("scripts/examples/") && /\.(test|fixture)\.|tsbuildinfo|(?<!\.d)\.ts$|\.map$/.test(path),
  );
  if (strays.length > 0) throw new Error(`Nobody needs these: ${strays.map(({ path }) => path).join(", ")}`);
  say(
    `${packed.entryCount} files, ${Math.round(packed.size / 1e3)} kB packed, ${(packed.unpackedSize / 1e6).toFixed(1)} MB unpacked`,
  );

  const pages = packed.files.map(({ path }) => path).filter((path) => /^[A-Z]+\.md$/.test(path));
  const named = pages.flatMap((page) =>
    [...readFileSync(join(root, page), "utf8").matchAll(/\]\((?!https?:)([^)#]+)\)|src="([^"]+)"/g)].map(
      ([, link, picture]) => link ?? picture ?? "",
    ),
  );
  const dead = named.filter((name) => !packed.files.some(({ path }) => path === name || path.startsWith(name)));
  if (dead.length > 0) throw new Error(`${pages.join(", ")} name what is not packed: ${dead.join(", ")}`);
  say(`the ${named.length} pictures and files that ${pages.join(", ")} name are packed`);

  run(tool("publint"), ["run", tarball, "--strict"], root);
  run(tool("attw"), [tarball, "--profile", "strict"], root);
  say("publint and attw find nothing");

  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  const startedMs = performance.now();
  const installation = run("npm", ["install", "--foreground-scripts", "--no-audit", "--no-fund", tarball]);
  if (/^> /m.test(installation)) throw new Error(`Installing the package runs scripts:\n${installation}`);
  if (/\bscripts?\b/i.test(installation)) throw new Error(`npm warns of scripts:\n${installation}`);
  const seconds = (performance.now() - startedMs) / 1e3;
  const installedMb = diskMbOf(join(folder, "node_modules"));
  const installed = readdirSync(join(folder, "node_modules"));
  say(
    `installed: ${installedMb.toFixed(1)} MB on disk, ${installed.length} entries, in ${seconds.toFixed(0)} s, no script run`,
  );
  if (installedMb > installedMbMax) throw new Error(`That is more than ${installedMbMax} MB.`);

  writeFileSync(join(folder, "use.mjs"), application);
  run(process.execPath, ["use.mjs"]);
  say("plain JavaScript imports and runs it, console included");

  writeFileSync(join(folder, "use.cjs"), commonJs);
  run(process.execPath, ["use.cjs"]);
  say("CommonJS requires and runs it");

  for (const name of ["use.ts", "use.cts"]) writeFileSync(join(folder, name), typed);
  for (const [name, { options, files }] of Object.entries(compilers)) {
    const compilerOptions = {
      ...options,
      target: "es2022",
      strict: true,
      noEmit: true,
      types: [],
      lib: ["es2023", "dom"],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    run(tool("tsc"), ["-p", folder]);
    say(`its types hold under ${name}`);
  }

  writeFileSync(join(folder, "node.test.mjs"), nodeTests);
  run(process.execPath, ["--test", "node.test.mjs"]);
  say("node:test runs it");

  writeFileSync(join(folder, "vitest.test.mjs"), imports + tests);
  run(tool("vitest"), ["run", "--globals", "--root", folder, "vitest.test.mjs"]);
  say("Vitest runs it");

  checkJest();

  await checkCommand();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * `npm run check-package`: packs what has been built, installs the tarball in an empty folder, and uses it there as
 * strangers would.
 *
 * publint and attw judge what is published; then come plain JavaScript as an ES module and as CommonJS, the types under
 * NodeNext, Node16 and a bundler, the test runners that README.md names, and the command. Installing runs scripts, so
 * that one which builds would show. Prints what the package weighs. Exits with 1 at the first check that fails.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../../server/core/package-root.js";

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
import { findViolations } from "max-harness/contract";
import { createWorld } from "max-harness/simulator";

const max = await startMax({ port: 0, seed: "42", clock: "manual", store: ":memory:" });
max.advance("1m");
const health = await (await fetch(new URL("/health", max.url))).json();
const page = await fetch(max.url);
await max.close();
if (findViolations("resources/health.schema.json", health).length > 0) throw new Error("no health");
if (typeof createWorld !== "function") throw new Error("no world");
if (!page.ok || !(await page.text()).includes("<script")) throw new Error("no console");
`;

const commonJs = `const { startMax } = require("max-harness");
const { contractMatchers } = require("max-harness/contract");
const { createWorld } = require("max-harness/simulator");
if (typeof contractMatchers !== "object" || typeof createWorld !== "function") throw new Error("no exports");
startMax({ port: 0, clock: "manual" }).then((max) => max.close());
`;

const typed = `import { type Max, type StartOptions, startMax } from "max-harness";
import { type ContractMatchers, contractMatchers } from "max-harness/contract";
import { createWorld } from "max-harness/simulator";

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

function sizeOf(path: string): number {
  const entry = statSync(path);
  if (!entry.isDirectory()) return entry.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
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
  const installation = run("npm", ["install", "--foreground-scripts", "--no-audit", "--no-fund", tarball]);
  if (/^> /m.test(installation)) throw new Error(`Installing the package runs scripts:\n${installation}`);
  if (/\bscripts?\b/i.test(installation)) throw new Error(`npm warns of scripts:\n${installation}`);
  const installed = readdirSync(join(folder, "node_modules"));
  say(
    `installed: ${(sizeOf(join(folder, "node_modules")) / 1e6).toFixed(0)} MB, ${installed.length} entries, no script run`,
  );

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
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

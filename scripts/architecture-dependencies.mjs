/**
 * The dependencies as tables: why each is there, under which licence, and what it weighs with all that it brings.
 *
 * Weighed is what package-lock.json names and node_modules holds, in bytes of files, so every machine comes to the
 * same figures; binaries that are for one platform only are left out and named. One without a reason is an error.
 */
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

const reasons = {
  "@koa/router": "REST: routes, 405 and `Allow`",
  ajv: "the contract's validators",
  "ajv-formats": "formats of the schemas, such as `date-time`",
  autocannon: "the load test's REST requests",
  "fast-check": "the requests and payloads that the contract checker draws, and the random tests",
  "hdr-histogram-js": "latency histograms that can be merged",
  koa: "REST",
  "koa-bodyparser": "bodies, within a limit",
  kysely: "one set of queries for SQLite and Postgres",
  libsql: "SQLite, with its binary in the package, so nothing is compiled or downloaded",
  pg: "Postgres",
  pino: "logs",
  "prom-client": "metrics for Prometheus",
  "rate-limiter-flexible": "429",
  seedrandom: "`alea`, the generator of the random substreams: its state is small and goes through JSON",
  "socket.io": "the protocol",
  "socket.io-adapter": "the extension point that the batched fan-out uses",
  "socket.io-client": "the stock client: the load test's control group, and the contract checker's ears",
  ws: "WebSocket frames; handed to Engine.IO, which still resolves a version that a peer can make hold memory",
  yargs: "the command line",

  "@arethetypeswrong/cli": "`npm run check-package`: the types under every kind of resolution",
  "@preact/signals": "the console: what changes is drawn, and nothing else",
  "@redocly/cli": "lints OpenAPI and AsyncAPI",
  "axe-core": "accessibility of the console and the report",
  "json-schema-to-typescript": "types out of the schemas",
  "lightweight-charts": "the console's candles; its notice and link are on the page",
  oxfmt: "format",
  oxlint: "lint, import circles among it",
  "oxlint-tsgolint": "the lint rules that need types",
  "playwright-core": "drives Chromium for the tests of console and report; downloads no browser",
  preact: "the console",
  publint: "`npm run check-package`: what is published can be imported",
  typescript: "the compiler",
  vite: "bundles the console",
  vitest: "tests",
};

const readJson = (path) => JSON.parse(readFileSync(join(root, path), "utf8"));
const { packages } = readJson("package-lock.json");

/** Where Node finds a dependency of the package at a path, as the lock file has it. */
function resolve(name, from) {
  const parts = from.split(/(?:^|\/)node_modules\//).slice(1);
  for (let depth = parts.length; depth >= 0; depth -= 1) {
    const path = [...parts.slice(0, depth), name].map((part) => `node_modules/${part}`).join("/");
    if (packages[path] !== undefined) return path;
  }
  return undefined;
}

const isForOnePlatform = (path) => packages[path].optional === true && packages[path].cpu !== undefined;

/** Adds the package at a path, and all that it brings, to those found. */
function collect(path, found) {
  if (path === undefined || found.has(path)) return found;
  found.add(path);
  const { dependencies = {}, optionalDependencies = {} } = packages[path];
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) collect(resolve(name, path), found);
  return found;
}

function sizeOf(path) {
  const entry = statSync(path);
  if (!entry.isDirectory()) return entry.size;
  const names = readdirSync(path).filter((name) => name !== "node_modules");
  return names.reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

function weigh(paths) {
  const there = [...paths].filter((path) => !isForOnePlatform(path) && existsSync(join(root, path)));
  return { count: there.length, bytes: there.reduce((sum, path) => sum + sizeOf(join(root, path)), 0) };
}

/** The lock file has it, but for packages that state it in the old way. */
function licenceOf(path) {
  const { license, licenses = [] } =
    packages[path].license === undefined ? readJson(join(path, "package.json")) : packages[path];
  const stated = license ?? licenses.map(({ type }) => type).join(", ");
  if (stated === "") throw new Error(`${path} states no licence.`);
  return stated;
}

function formatSize(bytes) {
  return bytes < 1e6 ? `${Math.max(10, Math.round(bytes / 1e4) * 10)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function reasonOf(name) {
  if (!Object.hasOwn(reasons, name)) throw new Error(`${name} has no reason in scripts/architecture-dependencies.mjs.`);
  return reasons[name];
}

function table(head, rows) {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** Types are the compiler's business, and need no reason. */
const hasReason = (name) => !name.startsWith("@types/");

/** The tables, as Markdown. */
export function renderDependencies() {
  const { dependencies, devDependencies } = readJson("package.json");
  const rows = Object.keys(dependencies).map((name) => {
    const { bytes, count } = weigh(collect(resolve(name, ""), new Set()));
    return [name, reasonOf(name), licenceOf(resolve(name, "")), formatSize(bytes), `${count}`];
  });
  const all = new Set();
  for (const name of Object.keys(dependencies)) collect(resolve(name, ""), all);
  const { count, bytes } = weigh(all);
  const scripts = [...all].filter((path) => packages[path].hasInstallScript === true);
  const licences = [...new Set([...all].filter((path) => !isForOnePlatform(path)).map(licenceOf))];
  return `What comes with the package; the size is of a dependency and all that it brings, some of which others bring, too.

${table(["package", "why", "licence", "installed", "packages"], rows)}

Together ${count} packages and ${formatSize(bytes)}, and one binary of libsql for the platform (about 10 MB). Licences: ${licences.toSorted((a, b) => (a < b ? -1 : 1)).join(", ")}. With an install script: ${scripts.length === 0 ? "none" : scripts.join(", ")}.

What is needed to build, check and test; the console's part is bundled.

${table(
  ["package", "why", "licence"],
  Object.keys(devDependencies)
    .filter(hasReason)
    .map((name) => [name, reasonOf(name), licenceOf(resolve(name, ""))]),
)}`;
}

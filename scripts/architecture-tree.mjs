/**
 * The tree of files, with what each says of itself in its first sentence, and how long they are.
 *
 * A test is not listed when it stands beside the file of its name. A file that says nothing of itself is an error.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/** What files without a voice of their own are, by name or by kind. */
const silent = {
  "tsconfig.json": "what this room may import: its project references",
  "tsconfig.test.json": "type check of all tests",
  "package.json": "scripts, dependencies, what is published",
  "package-lock.json": "the exact dependencies",
  "tsconfig.base.json": "the compiler's options, for every room",
  "redocly.yaml": "rules for the OpenAPI and AsyncAPI documents",
  "openapi.json": "the REST interface, as OpenAPI 3.1",
  "asyncapi.json": "the events, as AsyncAPI 3.0",
  "documented-examples.json": "every example of the API's documentation",
  "golden-digests.json": "digest of each shipped scenario; a change of the stream has to be meant",
  "standard-cast.json": "the agents and discussions that most shipped scenarios share",
  ".gitignore": "what is built or left by runs",
  ".npmrc": "npm without funding notes, lock file without hosts",
  ".oxlintrc.json": "lint rules",
  ".oxfmtrc.json": "format",
  LICENSE: "MIT",
  "README.md": "what it is for, and how to use it",
  "ARCHITECTURE.md": "this page",
  "CHANGELOG.md": "what changed for users",
  "CONTRIBUTING.md": "how to change it",
};
const silentKinds = {
  ".html": "the page",
  ".css": "its looks",
  ".svg": "picture",
  ".png": "picture",
  ".ndjson": "a recorded stream",
};

const firstSentence = (text) => {
  const prose = text.replaceAll(/\s+/g, " ").trim();
  const sentence = /^.*?[.](?=\s+[A-Z`*]|$)/.exec(prose)?.[0] ?? prose;
  return sentence.replace(/[.:]$/, "");
};

/** What a file says of itself, or nothing. */
function describe(path) {
  const name = basename(path);
  if (Object.hasOwn(silent, name)) return silent[name];
  const kind = extname(path);
  if (Object.hasOwn(silentKinds, kind)) return silentKinds[kind];
  const text = readFileSync(root + path, "utf8");
  if (kind === ".json") {
    const value = JSON.parse(text);
    return firstSentence(value.description ?? value.title ?? "");
  }
  if (kind === ".py") return firstSentence(/^"""([\s\S]*?)"""/.exec(text)?.[1] ?? "");
  if (kind === "" || kind === ".yaml")
    return firstSentence(/^(?:#!.*\n)?((?:# .*\n)+)/.exec(text)?.[1].replaceAll("# ", "") ?? "");
  const comment = /^(?:#!.*\n|\/\* eslint.*\n)?\/\*\*?([\s\S]*?)\*\//.exec(text)?.[1];
  if (comment !== undefined) return firstSentence(comment.replaceAll(/^\s*\* ?/gm, " ").split(/\n\s*\n/)[0]);
  return firstSentence(/^(?:#!.*\n)?\/\/ (.*)/.exec(text)?.[1] ?? "");
}

/** Whether a test or a helper of tests is told by the file that it stands beside. */
function isBeside(path, files) {
  const match = /^(.*?)(?:\.[a-z-]+)?\.(?:test|fixture)\.tsx?$/.exec(path) ?? /^(.*)\.d\.mts$/.exec(path);
  return match !== null && [".ts", ".tsx", ".mjs", ".json"].some((kind) => files.has(match[1] + kind));
}

/** All files that git knows and that are there, in order. */
function findFiles() {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard"];
  const listed = execFileSync("git", args, { cwd: root, encoding: "utf8" }).trimEnd().split("\n");
  return listed.filter((path) => existsSync(root + path)).toSorted((a, b) => (a < b ? -1 : 1));
}

/** How long the sources are. Rounded, so that not every change of a line changes the page. */
export function renderLengths() {
  const lengths = findFiles()
    .filter((path) => /\.(?:tsx?|mjs)$/.test(path) && !/generated|\.test\.|\.fixture\.|\.d\.mts$/.test(path))
    .map(
      (path) =>
        readFileSync(root + path, "utf8")
          .trimEnd()
          .split("\n").length,
    )
    .toSorted((a, b) => a - b);
  const median = Math.round(lengths[Math.floor(lengths.length / 2)] / 10) * 10;
  const longest = Math.ceil(lengths.at(-1) / 10) * 10;
  return `Half of the source files (TypeScript and scripts; tests, their helpers and generated files apart) have at most about ${median} lines, and none has more than ${longest}.`;
}

/** The tree of all files, as Markdown. */
export function renderTree() {
  const list = findFiles();
  const files = new Set(list);
  const mute = [];
  const lines = [];
  let open = [];
  for (const path of list) {
    if (isBeside(path, files)) continue;
    const folders = path.split("/").slice(0, -1);
    const shared = folders.findIndex((folder, depth) => open[depth] !== folder);
    for (let depth = shared < 0 ? folders.length : shared; depth < folders.length; depth += 1) {
      lines.push(`${"  ".repeat(depth)}${folders[depth]}/`);
    }
    open = folders;
    const text = describe(path);
    if (text === "") mute.push(path);
    lines.push(`${"  ".repeat(folders.length)}${basename(path)}  ${text}`);
  }
  if (mute.length > 0) throw new Error(`These files do not begin by saying what they are for: ${mute.join(", ")}`);
  return `\`\`\`text\n${lines.join("\n")}\n\`\`\``;
}

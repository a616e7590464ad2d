/** What the two bundles of the package have in common: modules.config.mjs and commonjs.config.mjs. */
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @param {string} path below dist/
 * @returns {string}
 */
export const locate = (path) => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));

/** What other packages import, by the name of the file: the compiled modules. */
export const libraryEntries = {
  main: "server/main",
  simulator: "simulator/index",
  contract: "loadtest/contract/entry",
  loadtest: "loadtest/entry",
};

/**
 * Dependencies are part of the bundles, as most of them are several times what is used of them. Not those that bring a
 * binary, are seldom needed, or read files of their own.
 */
const outside = ["libsql", "pg", "yargs", "hdr-histogram-js", "undici", "autocannon"];

/** Settings of both. */
export const common = {
  root: locate(""),
  publicDir: false,
  logLevel: "warn",
  // Parsed sooner than the same as an object literal.
  json: { stringify: true },
  ssr: { noExternal: true, external: outside },
};

/** Settings of both below `build`. */
export const commonBuild = {
  ssr: true,
  emptyOutDir: true,
  minify: false,
  target: "node20.19",
  // What is bundled is copied to whoever installs the package: its licences go with it.
  license: { fileName: "licenses.md" },
};

/**
 * Settings of both below `build.rolldownOptions`.
 *
 * @param {Readonly<Record<string, string>>} entries
 */
export const bundleOf = (entries) => ({
  // depd makes its wrappers by it.
  checks: { eval: false },
  // No names but the exported ones: what the files share goes into files of its own.
  preserveEntrySignatures: "strict",
  input: Object.fromEntries(Object.entries(entries).map(([name, module]) => [name, locate(`${module}.js`)])),
});

/**
 * Copies the declarations that the library's entries reach. TypeScript takes those of an ES module for nothing else, so
 * CommonJS has its own, with other endings.
 *
 * @param {"ts" | "cts"} ending
 */
export const declarations = (ending) => ({
  name: "declarations",
  generateBundle() {
    const seen = new Set();
    /** @param {string} module */
    const copy = (module) => {
      if (seen.has(module)) return;
      seen.add(module);
      const source = readFileSync(locate(`${module}.d.ts`), "utf8").replaceAll(/"(\.[^"\n]*)\.js"/g, (_, path) => {
        copy(posix.join(posix.dirname(module), path));
        return `"${path}.${ending === "cts" ? "cjs" : "js"}"`;
      });
      this.emitFile({ type: "asset", fileName: `${module}.d.${ending}`, source });
    };
    for (const module of Object.values(libraryEntries)) copy(module);
  },
});

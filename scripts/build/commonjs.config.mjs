/**
 * Bundles what the package exports as CommonJS, into dist/cjs: Jest's module system cannot require() ES modules.
 *
 * Made from the compiled modules, so that both forms are the same code; dependencies stay outside. TypeScript takes
 * the declarations of an ES module for nothing else, so those that the entries reach are copied as `.d.cts`.
 */
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const entries = { main: "server/main", simulator: "simulator/index", contract: "schemas/index" };

const locate = (path) => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));

const declarations = {
  name: "declarations",
  generateBundle() {
    const seen = new Set();
    const copy = (module) => {
      if (seen.has(module)) return;
      seen.add(module);
      const source = readFileSync(locate(`${module}.d.ts`), "utf8").replaceAll(/"(\.[^"\n]*)\.js"/g, (_, path) => {
        copy(posix.join(posix.dirname(module), path));
        return `"${path}.cjs"`;
      });
      this.emitFile({ type: "asset", fileName: `${module}.d.cts`, source });
    };
    for (const module of Object.values(entries)) copy(module);
  },
};

export default defineConfig({
  root: locate(""),
  publicDir: false,
  plugins: [declarations],
  logLevel: "warn",
  build: {
    ssr: true,
    outDir: "cjs",
    emptyOutDir: true,
    minify: false,
    target: "node20.19",
    rolldownOptions: {
      // No names but the exported ones: what the files share goes into files of its own.
      preserveEntrySignatures: "strict",
      input: Object.fromEntries(Object.entries(entries).map(([name, module]) => [name, locate(`${module}.js`)])),
      output: { format: "cjs", entryFileNames: "[name].cjs", chunkFileNames: "shared/[name].cjs" },
    },
  },
});

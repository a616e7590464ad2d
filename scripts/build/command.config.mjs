/**
 * Bundles what is a process or a thread of its own into dist/bin: `max`, a generator of the load test, the store's
 * thread.
 *
 * Half of what it takes to start one of them is to find and compile hundreds of modules. Made from the compiled modules,
 * dependencies included; those stay outside that bring a binary, are seldom needed, or read files of their own.
 */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const entries = {
  max: "scripts/max",
  "generator-process": "loadtest/generator/generator-process",
  "store-thread": "server/store/worker",
};

const locate = (path) => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));

export default defineConfig({
  root: locate(""),
  publicDir: false,
  logLevel: "warn",
  // Parsed sooner than the same as an object literal.
  json: { stringify: true },
  ssr: { noExternal: true, external: ["libsql", "pg", "@redis/client", "yargs", "hdr-histogram-js"] },
  build: {
    ssr: true,
    outDir: "bin",
    emptyOutDir: true,
    minify: false,
    target: "node20.19",
    // What is bundled is copied to whoever installs the package: its licences go with it.
    license: { fileName: "licenses.md" },
    rolldownOptions: {
      // depd makes its wrappers by it.
      checks: { eval: false },
      input: Object.fromEntries(Object.entries(entries).map(([name, module]) => [name, locate(`${module}.js`)])),
      // Flat: the modules find each other's files beside themselves.
      output: { format: "es", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
    },
  },
});

/**
 * Bundles into dist/bin what the package exports as ES modules, and what is a process or a thread of its own: `max`, a
 * generator of the load test, the store's thread.
 *
 * Half of what it takes to start one of them is to find and compile hundreds of modules. Made from the compiled modules,
 * all in one, so that what command and library share is there once.
 */
import { chmodSync } from "node:fs";
import { defineConfig } from "vite";
import { bundleOf, common, commonBuild, declarations, libraryEntries, locate } from "./bundle.mjs";

const entries = {
  ...libraryEntries,
  max: "scripts/max",
  "generator-process": "loadtest/generator/generator-process",
  "store-thread": "server/store/worker",
};

// npx makes it executable once for a checkout, and does not look again after the next build.
const executable = {
  name: "executable",
  writeBundle: () => chmodSync(locate("bin/max.js"), 0o755),
};

export default defineConfig({
  ...common,
  plugins: [declarations("ts"), executable],
  build: {
    ...commonBuild,
    outDir: "bin",
    rolldownOptions: {
      ...bundleOf(entries),
      // Flat: the modules find each other's files beside themselves.
      output: { format: "es", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
    },
  },
});

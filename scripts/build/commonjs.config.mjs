/**
 * Bundles what the package exports as CommonJS, into dist/cjs: Jest's module system cannot require() ES modules.
 *
 * Made from the compiled modules, so that both forms are the same code.
 */
import { defineConfig } from "vite";
import { bundleOf, common, commonBuild, declarations, libraryEntries } from "./bundle.mjs";

export default defineConfig({
  ...common,
  plugins: [declarations("cts")],
  build: {
    ...commonBuild,
    outDir: "cjs",
    rolldownOptions: {
      ...bundleOf(libraryEntries),
      output: { format: "cjs", entryFileNames: "[name].cjs", chunkFileNames: "shared/[name].cjs" },
    },
  },
});

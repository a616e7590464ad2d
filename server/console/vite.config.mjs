/**
 * Bundles the console into dist/server/console, which server/pages.ts serves below /console/.
 *
 * Flat, because the server knows its files by name; hashed, so that they may be kept for ever.
 */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { eventChecks } from "./feed/event-checks-plugin.mjs";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "/console/",
  publicDir: false,
  plugins: [eventChecks()],
  logLevel: "warn",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../../dist/server/console",
    emptyOutDir: true,
    assetsDir: "",
    assetsInlineLimit: 0,
    // What is bundled is copied to whoever installs the package: its licences go with it.
    license: { fileName: "licenses.md" },
    modulePreload: { polyfill: false },
    target: "es2023",
    reportCompressedSize: false,
  },
});

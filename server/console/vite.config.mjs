/**
 * Bundles the console into dist/server/console, which server/http/pages.ts serves as it lies there.
 *
 * The page names its files relative to itself, because a proxy may put a path before both; they are hashed, so
 * that they may be kept for ever.
 */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { eventChecks } from "./feed/event-checks-plugin.mjs";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "",
  publicDir: false,
  plugins: [eventChecks()],
  logLevel: "warn",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../../dist/server/console",
    emptyOutDir: true,
    assetsDir: "console",
    assetsInlineLimit: 0,
    // What is bundled is copied to whoever installs the package: its licences go with it.
    license: { fileName: "licenses.md" },
    modulePreload: { polyfill: false },
    target: "es2023",
    reportCompressedSize: false,
  },
});

/** Where this package lies, whether it runs from `dist/` or from its sources, and its version. */
import { existsSync, readFileSync } from "node:fs";

function findRoot(): URL {
  for (let folder = new URL(".", import.meta.url); ; folder = new URL("..", folder)) {
    if (existsSync(new URL("package.json", folder))) return folder;
    if (folder.pathname === "/") throw new Error(`no package.json above ${import.meta.url}: the package is incomplete`);
  }
}

export const packageRoot = findRoot();

const manifest = JSON.parse(readFileSync(new URL("package.json", packageRoot), "utf8")) as { readonly version: string };

export const version = manifest.version;

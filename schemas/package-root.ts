/** Where this package lies, whether it runs from `dist/` or from its sources, its version, and where it is published. */
import { existsSync, readFileSync } from "node:fs";

function findRoot(): URL {
  for (let folder = new URL(".", import.meta.url); ; folder = new URL("..", folder)) {
    if (existsSync(new URL("package.json", folder))) return folder;
    if (folder.pathname === "/") throw new Error(`no package.json above ${import.meta.url}: the package is incomplete`);
  }
}

export const packageRoot = findRoot();

const manifest = JSON.parse(readFileSync(new URL("package.json", packageRoot), "utf8")) as {
  readonly name: string;
  readonly version: string;
};

export const version = manifest.version;

/** Where the files of the published package can be fetched, by its major version: the `$id` of each schema begins so. */
export const publishedRoot = `https://unpkg.com/${manifest.name}@${version.split(".")[0]}/`;

/** Copies what the compiler does not: the page's HTML and style, and the scenario files. */
import { cp } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const kinds = /\.(html|css|svg|ndjson)$/;
await cp(`${root}server/console`, `${root}dist/server/console`, {
  recursive: true,
  filter: (path) => !/\.[^/.]+$/.test(path) || kinds.test(path),
});

/**
 * `npm pack`: what only the project's own checkout needs is not in the packed package.json.
 *
 * npm warns those who install a package that has a `prepare` script, although it never runs there. So `prepack`
 * strips the manifest, and `postpack` brings it back.
 */
import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const manifest = new URL("../../../package.json", import.meta.url);
const kept = new URL("../../.build/package.json", import.meta.url);

function strip(): void {
  // One that is kept is of a pack that was interrupted: it is the whole one.
  if (!existsSync(kept)) copyFileSync(manifest, kept);
  const {
    scripts: _scripts,
    devDependencies: _devDependencies,
    ...published
  } = JSON.parse(readFileSync(kept, "utf8")) as Record<string, unknown>;
  writeFileSync(manifest, `${JSON.stringify(published, null, 2)}\n`);
}

if (process.argv[2] === "restore") renameSync(kept, manifest);
else strip();

/** The version of this package, for reports. */
import { readFileSync } from "node:fs";

function readVersion(): string {
  // From the source folder the package is one level up, from the compiled one two.
  for (const path of ["../package.json", "../../package.json"]) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as {
        readonly name?: string;
        readonly version?: string;
      };
      if (name === "max-harness" && version !== undefined) return version;
    } catch {
      continue;
    }
  }
  return "unknown";
}

export const version = readVersion();

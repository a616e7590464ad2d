/**
 * The control token: made at first start and kept in `.max/token`, readable by its owner alone.
 *
 * Invariant: it is never logged. It leaves the process only in the address that the terminal shows.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { StartError } from "./start-error.js";

/** A fresh token, 192 bits, safe in an address and, because it never begins with a dash, on a command line. */
export function createToken(): string {
  return randomBytes(24).toString("hex");
}

/** The token of a folder; made, with mode 0600, where there is none yet. */
export function loadToken(file: string): string {
  try {
    const kept = readFileSync(file, "utf8").trim();
    if (kept !== "") return kept;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") {
      throw new StartError(
        "tokenUnreadable",
        `The control token in ${file} cannot be read; mend its rights, or set MAX_TOKEN.`,
        { cause },
      );
    }
  }
  const token = createToken();
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${token}\n`, { mode: 0o600 });
  } catch (cause) {
    throw new StartError(
      "tokenUnreadable",
      `The control token cannot be kept in ${file}; make the folder writable, or set MAX_TOKEN.`,
      { cause },
    );
  }
  return token;
}

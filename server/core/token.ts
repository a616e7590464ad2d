/**
 * The control token: made at first start and kept in `.max/token`, readable by its owner alone.
 *
 * Invariant: it is never logged. It leaves the process only in the address that a terminal shows.
 */
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { OptionRule } from "../../schemas/option-table.js";
import { TextFileError, readTextFile } from "../../schemas/text-file.js";
import { StartError } from "./errors.js";

const charactersMax = 1024;

/** What a header can carry, and a person can copy. */
export const tokenRule: OptionRule = {
  accepts: (value) => typeof value === "string" && value.length <= charactersMax && /^[\x21-\x7e]+$/.test(value),
  expected: `1 to ${charactersMax} visible ASCII characters without spaces or line breaks`,
  isSecret: true,
};

/** A fresh token, 192 bits, safe in an address and, because it never begins with a dash, on a command line. */
export function createToken(): string {
  return randomBytes(24).toString("hex");
}

/** A folder that keeps a token keeps it out of version control. An empty file is what a full disk left. */
function ignoreFolder(folder: string): void {
  const file = join(folder, ".gitignore");
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0) writeFileSync(file, "*\n");
}

/** Fails with EEXIST where the file is there already. Some file systems know no links. */
function putThere(own: string, file: string): void {
  try {
    linkSync(own, file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") throw cause;
    copyFileSync(own, file, constants.COPYFILE_EXCL);
  }
}

/**
 * Makes the file with its content at once: of several servers that start together one wins, and nobody reads a file
 * that is not written yet.
 */
function createFile(file: string): void {
  const own = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  try {
    writeFileSync(own, `${createToken()}\n`, { mode: 0o600, flag: "wx" });
    putThere(own, file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
  } finally {
    rmSync(own, { force: true });
  }
}

/**
 * The token of a folder; made, with mode 0600, where there is none yet. A file that others may read is closed to them.
 *
 * @param warn is told in a sentence what was wrong and is mended
 * @throws {StartError} for a file that cannot be read, or holds no token
 */
export function loadToken(file: string, warn: (message: string) => void): string {
  try {
    const folder = dirname(file);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    ignoreFolder(folder);
    if (!existsSync(file)) createFile(file);
  } catch (cause) {
    // A folder that is read-only may hold a token all the same.
    if (!existsSync(file))
      throw unusable(
        `The control token cannot be stored in ${file}. Make the folder writable, or set MAX_TOKEN.`,
        cause,
      );
  }
  try {
    const mode = statSync(file).mode & 0o777;
    // Windows has no such modes.
    if ((mode & 0o077) !== 0 && process.platform !== "win32") {
      chmodSync(file, 0o600);
      warn(
        `Other users could read the control token in ${file} (mode ${mode.toString(8)}); its mode is now 600. Delete the file for a new token.`,
      );
    }
    const token = readTextFile(file).trim();
    if (tokenRule.accepts(token)) return token;
  } catch (cause) {
    if (cause instanceof TextFileError)
      throw unusable(`Invalid control token: ${cause.message} Or delete it for a new token, or set MAX_TOKEN.`, cause);
    throw unusable(`The control token in ${file} cannot be read. Correct its permissions, or set MAX_TOKEN.`, cause);
  }
  throw unusable(
    `Invalid control token in ${file}: expected ${tokenRule.expected}. Delete the file for a new token, or set MAX_TOKEN.`,
  );
}

function unusable(message: string, cause?: unknown): StartError {
  return new StartError("tokenUnreadable", message, { cause });
}

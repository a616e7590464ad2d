/**
 * Runs `max` as people do, in a process of its own and a folder of its own, and gives back what it printed.
 *
 * A process costs a second of processor time, so what is refused before it begins is read in this one.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CliError } from "./cli-error.js";
import { maxEntry } from "./max-entry.js";
import { createMaxCommand } from "./max-command.js";

/** The control token of every `max demo` that is started here. Other commands are given none. */
export const testToken = "test-token";

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  /** Everything it has written to stderr so far. */
  stderr(): string;
  /** Resolves once stderr holds the text; rejects when the process ends before. */
  wrote(text: string): Promise<void>;
  readonly ended: Promise<Run>;
}

/** Starts `max` with these arguments. The temporary working folder goes with the process. */
export function startMaxCommand(...args: string[]): Started {
  const folder = mkdtempSync(join(tmpdir(), "max-cli-"));
  const child = spawn(process.execPath, [maxEntry, ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, MAX_TOKEN: args[0] === "demo" ? testToken : undefined },
  });
  let stdout = "";
  let stderr = "";
  const watchers = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    for (const watch of watchers) watch();
  });
  const ended = once(child, "close").then(([code]: (number | null)[]) => {
    rmSync(folder, { recursive: true, force: true });
    for (const watch of watchers) watch();
    return { code: code ?? null, stdout, stderr };
  });
  return {
    child,
    stderr: () => stderr,
    wrote: (text) =>
      new Promise((resolve, reject) => {
        const watch = () => {
          if (stderr.includes(text)) resolve();
          else if (child.exitCode !== null)
            reject(new Error(`max ended with ${child.exitCode} before it wrote "${text}": ${stderr}`));
          else return;
          watchers.delete(watch);
        };
        watchers.add(watch);
        watch();
      }),
    ended,
  };
}

/** Runs `max` to its end. */
export function runMaxCommand(...args: string[]): Promise<Run> {
  return startMaxCommand(...args).ended;
}

/** What `max` refuses these words with. Whatever is not refused runs in this process, and is an error in the end. */
export async function refusalOf(...args: string[]): Promise<CliError> {
  try {
    await (await createMaxCommand(args)).parseAsync();
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
  throw new Error(`max ${args.join(" ")} was not refused`);
}

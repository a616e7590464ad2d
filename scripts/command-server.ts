/**
 * A server of any make that a shell command starts, for as long as it is measured.
 *
 * It has a session of its own: all that the command starts is ended with it, and a Ctrl-C of the terminal does not reach it.
 * Its address is the first one of this machine that it prints, or a free port takes the place of `{port}` in the command.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { findSession } from "../loadtest/cost/process-statistics.js";
import { parseTargets } from "../loadtest/core/targets.js";
import { waitForServers } from "../loadtest/core/wait-for-server.js";
import { isLoopbackName } from "../schemas/loopback.js";
import { CliError, exitCodes } from "./cli-error.js";

export interface CommandServer {
  readonly url: string;
  /** Its processes by now, where the system tells them. */
  pids(): number[];
  /** Ends all its processes: politely at first. */
  stop(): Promise<void>;
}

export interface CommandServerOptions {
  readonly command: string;
  /** What the server is, for the sentence about one that does not start. */
  readonly role: string;
  /** Variables besides those of this process. */
  readonly env: Readonly<Record<string, string>>;
  /** Gives the start up. */
  readonly signal?: AbortSignal | undefined;
  /** @default 60_000 */
  readonly startMsMax?: number;
  /** From SIGTERM to SIGKILL. @default 10_000 */
  readonly stopMsMax?: number;
}

const portMark = "{port}";
const pollMs = 20;
/** Of what it has written, for the sentence about one that does not start. */
const outputMax = 2000;

async function findFreePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** The first address of this machine in a line. */
export function findAddress(line: string): string | undefined {
  const found = stripVTControlCharacters(line).match(/https?:\/\/[^\s/"'<>]+/g) ?? [];
  const urls = found.filter((text) => URL.canParse(text)).map((text) => new URL(text));
  const any = new Set(["0.0.0.0", "[::]"]);
  const own = urls.find(({ hostname }) => isLoopbackName(hostname) || any.has(hostname));
  if (own !== undefined && any.has(own.hostname)) own.hostname = "localhost";
  return own?.origin;
}

/** The process that a command is, and all that it starts. */
class Session {
  readonly #child: ChildProcess;
  readonly #stopMsMax: number;
  /** What it has written last, for people. */
  output = "";
  readonly ended: Promise<string>;
  readonly address: Promise<string>;

  constructor(command: string, env: Readonly<Record<string, string>>, stopMsMax: number) {
    this.#stopMsMax = stopMsMax;
    const child = spawn(command, {
      shell: true,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      env: { ...process.env, ...env },
    });
    this.#child = child;
    process.on("exit", this.#kill);
    this.ended = once(child, "close").then(
      ([code, signal]: (number | string | null)[]) => `it ended with ${signal ?? `exit code ${code}`}`,
    );
    this.address = new Promise((resolve) => {
      for (const input of [child.stdout, child.stderr])
        createInterface({ input }).on("line", (line) => {
          this.output = `${this.output}${line}\n`.slice(-outputMax);
          const address = findAddress(line);
          if (address !== undefined) resolve(address);
        });
    });
  }

  pids(): number[] {
    return findSession(this.#child.pid!);
  }

  readonly #kill = (): void => void this.#signal("SIGKILL");

  /** @returns whether there was still somebody to take it */
  #signal(name: NodeJS.Signals | 0): boolean {
    try {
      return process.kill(-this.#child.pid!, name);
    } catch {
      return false;
    }
  }

  async #isGone(withinMs: number): Promise<boolean> {
    for (const untilMs = performance.now() + withinMs; performance.now() < untilMs; await sleep(pollMs))
      if (!this.#signal(0)) return true;
    return false;
  }

  async stop(): Promise<void> {
    this.#signal("SIGTERM");
    if (!(await this.#isGone(this.#stopMsMax))) this.#kill();
    await this.ended;
    process.off("exit", this.#kill);
  }
}

/** Rejects when the signal is aborted, or the time is over. */
async function findLimit(startMsMax: number, signal: AbortSignal): Promise<string> {
  await sleep(startMsMax, undefined, { signal, ref: false }).catch(() => {});
  return `it gave no answer within ${startMsMax / 1000} s`;
}

/**
 * Starts a server and resolves once it answers.
 *
 * @throws {CliError} when it ends first, tells no address, or takes too long
 */
export async function startCommandServer({
  command,
  role,
  env,
  signal,
  startMsMax = 60_000,
  stopMsMax = 10_000,
}: CommandServerOptions): Promise<CommandServer> {
  const port = command.includes(portMark) ? await findFreePort() : undefined;
  const session = new Session(command.replaceAll(portMark, String(port)), env, stopMsMax);
  const over = new AbortController();
  const either = AbortSignal.any([over.signal, ...(signal === undefined ? [] : [signal])]);
  const answers = async (): Promise<{ readonly url: string }> => {
    const url = port === undefined ? await session.address : `http://localhost:${port}`;
    await waitForServers(parseTargets({ urls: [url] }).all, startMsMax, either);
    return { url };
  };
  const outcome = await Promise.race([answers(), session.ended, findLimit(startMsMax, either)]);
  over.abort();
  if (typeof outcome === "object" && signal?.aborted !== true)
    return { url: outcome.url, pids: () => session.pids(), stop: () => session.stop() };
  await session.stop();
  if (signal?.aborted === true) throw new CliError(exitCodes.interrupted, "Interrupted while the servers started.");
  const why = typeof outcome === "object" ? "" : outcome;
  const wayOut = why.startsWith("it ended")
    ? ""
    : ` A command prints its address, or has ${portMark} where its port belongs.`;
  const said = session.output.trim().replace(/^max: /, "");
  throw new CliError(
    exitCodes.couldNotStart,
    `The ${role} did not start (${command}): ${said === "" ? `${why}.` : `${why}: ${said}`}${wayOut}`,
  );
}

/** The agents of `max loadtest`: what is told about how to start them, and those that commands of --on start. */
import { type ChildProcess, spawn } from "node:child_process";
import { isIPv6 } from "node:net";
import { hostname } from "node:os";
import type { AgentsOptions } from "../loadtest/index.js";
import { CliError, exitCodes } from "./cli-error.js";
import { type ListenAddress, newToken } from "./flags/agent-flags.js";

export interface AgentValues {
  readonly agents: number | undefined;
  readonly listen: ListenAddress;
  readonly "agent-token": string | undefined;
  readonly "agents-wait": number;
  readonly on: readonly string[];
  readonly url: readonly string[];
  readonly quiet: boolean;
}

/** A command that hangs on is ended for good. */
const endMs = 2000;
const anyAddress: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** The address that agents dial: of all addresses of this host its name. */
function controllerUrl({ host }: ListenAddress, port: number): string {
  const name = anyAddress.has(host) ? hostname() : host;
  return `ws://${isIPv6(name) ? `[${name}]` : name}:${port}`;
}

export class Agents implements AsyncDisposable {
  readonly #values: AgentValues;
  readonly #token: string;
  readonly #commands = new Map<ChildProcess, string>();
  readonly #failure = new AbortController();
  #isOver = false;

  constructor(values: AgentValues) {
    this.#values = values;
    this.#token = values["agent-token"] ?? newToken();
  }

  /** The library's option; undefined where this host holds the subscribers. */
  get options(): AgentsOptions | undefined {
    const { agents, on, listen, "agents-wait": waitMs } = this.#values;
    const count = agents ?? on.length;
    if (count === 0) return undefined;
    const onListening = (port: number): void => this.#start(controllerUrl(listen, port));
    return { count, ...listen, token: this.#token, waitMs, onListening, failure: this.#failure.signal };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await Promise.all([...this.#commands.keys()].map(endCommand));
  }

  #start(controller: string): void {
    const { on, quiet, agents = on.length, "agent-token": given } = this.#values;
    const flags = `agent --controller ${controller} --token ${this.#token}`;
    for (const command of on) this.#run(command, `${command} max ${flags} --quiet`);
    if (quiet || agents === on.length) return;
    const shown = given === undefined ? this.#token : "...";
    process.stderr.write(`Waiting for agents: max agent --controller ${controller} --token ${shown}\n`);
  }

  /** Its stdout is not ours: results are for programs. */
  #run(command: string, line: string): void {
    const child = spawn(line, { shell: true, detached: true, stdio: ["ignore", 2, "inherit"] });
    this.#commands.set(child, command);
    child.on("error", ({ message }) => this.#fail(`${command}: ${message}`));
    child.on("exit", (code, signal) => {
      this.#commands.delete(child);
      if (code !== 0)
        this.#fail(`The command ${JSON.stringify(command)} of --on ended with ${signal ?? `exit code ${code}`}.`);
    });
  }

  #fail(sentence: string): void {
    if (!this.#isOver) this.#failure.abort(new CliError(exitCodes.targetUnreachable, sentence));
  }
}

/** Ends the command and what it has started: they are a group. */
async function endCommand(child: ChildProcess): Promise<void> {
  const end = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-child.pid!, signal);
    } catch {
      // It has ended by itself.
    }
  };
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  // An agent ends with its run.
  const late = setTimeout(() => end("SIGTERM"), endMs / 2);
  const tooLate = setTimeout(() => end("SIGKILL"), endMs);
  if (child.exitCode === null && child.signalCode === null) await ended;
  clearTimeout(late);
  clearTimeout(tooLate);
}

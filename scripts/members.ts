/**
 * `max demo --members N`: several processes of this machine that are one cluster, for trying it.
 *
 * Each member is the same command with a port of its own. One that ends leaves the others running, as a cluster must.
 */
import { hideBin } from "yargs/helpers";
import { CliError, exitCodes } from "./cli-error.js";
import { type ServerProcess, startServerProcess } from "./server-process.js";

export interface MembersOptions {
  readonly count: number;
  /** Of the first one; the others follow. Zero takes free ones. */
  readonly port: number;
  /** Of /metrics of the first one; likewise. */
  readonly metricsPort?: number;
  readonly token: string;
  /** Ends all of them. */
  readonly signal: AbortSignal;
  readonly write: (text: string) => void;
  /** They all listen. */
  readonly onStarted: (members: readonly ServerProcess[]) => void;
}

const portMax = 65_535;

/** These words without the flags and their values. */
function withoutFlags(words: readonly string[], names: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const [, name = "", equals] = /^--([\w-]+)(=?)/.exec(word) ?? [];
    if (!names.includes(name)) kept.push(word);
    else if (equals === "") at += 1;
  }
  return kept;
}

function portOf({ url }: { readonly url: string }): string {
  return new URL(url).port;
}

/** Writes a member's lines with its port in front, and those from before it has one when it is known. */
class PrefixedLines {
  readonly #write: (text: string) => void;
  #early: string[] | undefined = [];
  #prefix = "";

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  take(line: string): void {
    if (line.trim() === "") return;
    if (this.#early === undefined) this.#write(`${this.#prefix}${line.trimStart()}\n`);
    else this.#early.push(line);
  }

  begin(port: string): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    this.#prefix = `  ${port}  `;
    for (const line of early) this.take(line);
  }
}

/**
 * Starts the members and resolves when all have ended.
 *
 * @throws {CliError} when one does not start, or all of them end by themselves
 */
export async function runMembers(options: MembersOptions): Promise<void> {
  const { count, port, metricsPort, token, signal, write, onStarted } = options;
  if (port + count - 1 > portMax)
    throw new CliError(
      exitCodes.usage,
      `Invalid --port ${port}: ${count} members take the ports up to ${port + count - 1}, and the last one is ${portMax}.`,
    );
  const [, ...words] = hideBin(process.argv);
  const flags = withoutFlags(words, ["members", "port", "metrics-port"]);
  const failed = new AbortController();
  const members = Array.from({ length: count }, (_, at) => ({
    port: String(port === 0 ? 0 : port + at),
    metrics: metricsPort === undefined ? [] : ["--metrics-port", String(metricsPort === 0 ? 0 : metricsPort + at)],
    lines: new PrefixedLines(write),
  }));
  const starting = members.map(async (member) => {
    // By a flag, too: a variable or a file may ask each of them for several.
    const server = await startServerProcess([...flags, "--members", "1", "--port", member.port, ...member.metrics], {
      hasSettings: true,
      role: member.port === "0" ? "member" : `member at port ${member.port}`,
      token,
      signal: AbortSignal.any([signal, failed.signal]),
      onLine: (line) => member.lines.take(line),
    });
    return { server, lines: member.lines };
  });
  const started = await Promise.all(starting).catch(async (error: unknown) => {
    failed.abort();
    for (const outcome of await Promise.allSettled(starting))
      if (outcome.status === "fulfilled") await outcome.value.server.stop();
    if (signal.aborted) return [];
    throw error;
  });
  if (started.length === 0) return;
  const servers = started.map(({ server }) => server);
  onStarted(servers);
  for (const { server, lines } of started) lines.begin(portOf(server));
  const stop = (): void => void Promise.all(servers.map((server) => server.stop()));
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  let running = count;
  await Promise.all(
    servers.map(async (server) => {
      const how = await server.ended;
      running -= 1;
      if (signal.aborted) return;
      const rest = running > 0 ? `${running} of ${count} members go on.` : "None is left.";
      write(`  ${portOf(server)}  This member has ended (${how}). ${rest}\n`);
    }),
  );
  if (!signal.aborted) throw new CliError(exitCodes.failed, "All members have ended. Start them again.");
}

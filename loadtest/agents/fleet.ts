/**
 * The agents of a run, as their controller sees them: who is there, what they run, and what speaks against them.
 *
 * Invariant: an agent that is lost, or breaks the protocol, is told of once, with its host and the second of the run; its
 * subscribers are never given to another one. Nobody without the token gets as far as a message.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { TargetError } from "../core/errors.js";
import { monotonicMs } from "../core/monotonic.js";
import type { AgentsOptions } from "../core/options.js";
import type { GeneratorSlot } from "../generator/generator-handle.js";
import { spareFiles, subscribersPerWorkerMin } from "../core/limits.js";
import { messageBytesMax } from "./link.js";
import { type HostReport, Member } from "./member.js";

const readyTimeoutMs = 30_000;
const connectionsMax = 1000;
const helloTimeoutMs = 5000;

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

export class Fleet {
  readonly #options: AgentsOptions;
  readonly #token: Buffer;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: messageBytesMax, perMessageDeflate: false });
  readonly #members = new Map<string, Member>();
  readonly #unidentified = new Set<Member>();
  #change: () => void = () => {};
  #isComplete = false;
  #failure: string | undefined;
  #startMs = Number.NaN;
  readonly #tell: (line: string) => void;
  /** Told what makes the run worthless, with host and second. */
  onTrouble: (sentence: string) => void = () => {};

  private constructor(options: AgentsOptions, tell: (line: string) => void) {
    this.#options = options;
    this.#token = digest(options.token);
    this.#tell = tell;
    this.#server = createServer((_request, response) => response.writeHead(404).end());
    this.#server.maxConnections = connectionsMax;
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** @throws {TargetError} when the address cannot be listened on */
  static async open(options: AgentsOptions, tell: (line: string) => void): Promise<Fleet> {
    const fleet = new Fleet(options, tell);
    const { host, port } = options;
    fleet.#server.listen(port, host);
    try {
      await once(fleet.#server, "listening");
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new TargetError(
        "cannotListen",
        `Cannot listen for agents on ${host}:${port}: ${code ?? message}. Choose another address with the option listen.`,
        { cause: error },
      );
    }
    return fleet;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves once all agents are there. @throws {TargetError} when they do not come in time */
  async gather(signal?: AbortSignal): Promise<void> {
    const { count, waitMs, failure } = this.#options;
    const signals = [signal, failure].filter((one) => one !== undefined);
    await this.#until(() => this.#members.size >= count, waitMs, signals);
    this.#isComplete = true;
    if (failure?.aborted === true) throw failure.reason;
    if (this.#members.size >= count) return;
    const here = [...this.#members.keys()];
    const names = here.length === 0 ? "" : ` (${here.join(", ")})`;
    throw new TargetError(
      "noAgents",
      `${here.length} of ${count} agents came within ${waitMs / 1000} s${names}. Start the others with max agent, or wait for longer with the option agents.waitMs.`,
    );
  }

  /**
   * Where the generators of a run with so many subscribers go, and how many of these each host gets.
   *
   * @throws {TargetError} when a host has too few files for its share
   */
  slots(clientsMax: number, targets: number): GeneratorSlot[] {
    const members = [...this.#members.values()];
    const usual = Math.ceil(clientsMax / members.length / subscribersPerWorkerMin);
    const workers = members.map(({ hello }) => Math.max(1, hello.workers ?? Math.min(hello.workersMax, usual)));
    const all = workers.reduce((sum, one) => sum + one, 0);
    const share = Math.ceil(clientsMax / all);
    return members.flatMap((member, at) => {
      const { host, environment } = member.hello;
      const { openFilesMax } = environment;
      if (openFilesMax !== null && share + spareFiles > openFilesMax)
        throw new TargetError(
          "noAgents",
          `The agent ${host} has ${openFilesMax} open files for each process, and needs ${share + spareFiles}. Raise ulimit -n there, or start more agents or workers.`,
        );
      return member.slots({ workers: workers[at]!, clients: share * workers[at]!, targets });
    });
  }

  /** Resolves once all generators run and all clocks are bounded. @throws {TargetError} when an agent is lost before */
  async ready(startMs: number, signal: AbortSignal): Promise<void> {
    this.#startMs = startMs;
    const missing = (): Member[] => [...this.#members.values()].filter(({ isReady }) => !isReady);
    await this.#until(() => this.#failure !== undefined || missing().length === 0, readyTimeoutMs, [signal]);
    if (this.#failure !== undefined) throw new TargetError("noAgents", `${this.#failure}, before the run began.`);
    const late = missing();
    if (late.length === 0 || signal.aborted) return;
    const names = late.map(({ hello }) => hello.host).join(", ");
    throw new TargetError("noAgents", `Not ready within ${readyTimeoutMs / 1000} s: ${names}.`);
  }

  get hosts(): readonly HostReport[] {
    return [...this.#members.values()].map((member) => member.report());
  }

  /** The run is over: the agents end. */
  async close(): Promise<void> {
    for (const member of [...this.#members.values(), ...this.#unidentified]) member.end();
    this.#server.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    this.#server.closeAllConnections();
    for (const client of this.#sockets.clients) client.terminate();
  }

  /** Resolves when it is done, when time is up, or when one of the signals is aborted. */
  async #until(isDone: () => boolean, timeoutMs: number, signals: readonly AbortSignal[]): Promise<void> {
    const lateMs = monotonicMs() + timeoutMs;
    const wake = (): void => this.#change();
    const timer = setTimeout(wake, timeoutMs + 1);
    for (const signal of signals) signal.addEventListener("abort", wake, { once: true });
    while (!isDone() && monotonicMs() < lateMs && !signals.some(({ aborted }) => aborted))
      await new Promise<void>((resolve) => (this.#change = resolve));
    clearTimeout(timer);
    for (const signal of signals) signal.removeEventListener("abort", wake);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const [scheme = "", given = ""] = (request.headers.authorization ?? "").split(" ");
    if (scheme.toLowerCase() !== "bearer" || !timingSafeEqual(digest(given), this.#token)) {
      socket.end("HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      const member = new Member(client, {
        hello: (one) => this.#admit(one),
        ready: () => this.#change(),
        trouble: (sentence) => this.onTrouble(sentence),
        end: (one, reason) => this.#leave(one, reason),
        second: () => (Number.isNaN(this.#startMs) ? 0 : Math.floor((monotonicMs() - this.#startMs) / 1000)),
      });
      this.#unidentified.add(member);
      setTimeout(
        () =>
          this.#unidentified.has(member) && member.refuse(`No hello message came within ${helloTimeoutMs / 1000} s.`),
        helloTimeoutMs,
      ).unref();
    });
  }

  /** Why an agent cannot take part; undefined when it can. */
  #admit(member: Member): string | undefined {
    this.#unidentified.delete(member);
    const { host } = member.hello;
    const reason = member.findMismatch() ?? this.#findConflict(host);
    if (reason !== undefined) {
      this.#tell(`Refused the agent ${host}: ${reason}`);
      return reason;
    }
    this.#members.set(host, member);
    this.#tell(
      `${this.#members.size} of ${this.#options.count} agents are here: ${[...this.#members.keys()].join(", ")}.`,
    );
    this.#change();
    return undefined;
  }

  #findConflict(host: string): string | undefined {
    if (this.#members.has(host)) return `An agent ${host} is here already. Give this one another name with --name.`;
    if (this.#isComplete || this.#members.size >= this.#options.count)
      return "The run has all the agents that it was told to have, or has begun.";
    return undefined;
  }

  #leave(member: Member, reason: string): void {
    this.#unidentified.delete(member);
    if (!member.isAdmitted) return;
    const { host } = member.hello;
    if (!this.#isComplete) {
      this.#members.delete(host);
      this.#tell(`The agent ${host} has gone: ${reason}.`);
    } else this.#failure ??= `The agent ${host} was lost: ${reason}`;
    this.#change();
  }
}

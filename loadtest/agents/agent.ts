/**
 * An agent: generators of a run on this host, for a controller on another one.
 *
 * It waits for its controller, holds the subscribers that it is given for one run, and ends. Every instant is converted
 * here, and nowhere else. What it is sent makes it open connections to the targets; it writes no file.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { version } from "../../schemas/package-root.js";
import { SIMULATOR_VERSION } from "../../simulator/index.js";
import { describeEnvironment } from "../core/environment.js";
import { TargetError } from "../core/errors.js";
import { findProcessors } from "../core/limits.js";
import { monotonicMs } from "../core/monotonic.js";
import { workersMax } from "../core/options.js";
import { MissedTime, SchedulingWatch } from "../core/scheduling.js";
import type { GeneratorHandle } from "../generator/generator-handle.js";
import { createHost } from "../generator/generator-host.js";
import { fitToHost } from "../generator/host-fit.js";
import type { ToGenerator } from "../generator/protocol.js";
import { HostClock } from "./host-clock.js";
import { HostWatch } from "./host-watch.js";
import { moveOrder, moveReport } from "./instants.js";
import { Link, messageBytesMax } from "./link.js";
import type { AgentHello, FromAgent, ToAgent } from "./protocol.js";

export interface AgentOptions {
  /** Address of the controller: ws or wss. */
  readonly controller: string;
  readonly token: string;
  /** Generator processes; 0 generates in this process. @default as many as the run needs, at most all cores but one */
  readonly workers?: number | undefined;
  /** What this host is called in reports. */
  readonly host: string;
  /** How long to wait for the controller, milliseconds. */
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Told what happens, in sentences. */
  readonly tell?: ((line: string) => void) | undefined;
}

const handshakeTimeoutMs = 5000;
const retryMs = 300;
/** A round trip that meets a busy loop says little: the fastest of twenty in a window counts. */
const clockEveryMs = 25;
const windowMs = 500;
const windowsBeforeReady = 2;
const hostEveryMs = 1000;
const unauthorized = 401;

/** The run at this host. */
class Service {
  readonly #options: AgentOptions;
  readonly #link: Link;
  readonly #clock = new HostClock();
  readonly #generators = new Map<number, GeneratorHandle>();
  readonly #watch = new HostWatch();
  readonly #scheduling = new SchedulingWatch();
  readonly #missed = new MissedTime(this.#scheduling);
  readonly #evidence: string[] = [];
  readonly #timers: readonly NodeJS.Timeout[];
  #workers = Infinity;
  #windows = 0;
  /** Orders that came before the clock was bounded. */
  readonly #early: (readonly [generator: number, message: ToGenerator])[] = [];
  /** By how much the controller's instants may be off. */
  #controllerMs = 0;
  #isReady = false;
  /** The measured time, on this host's clock. */
  #fromMs = Infinity;
  #toMs = -Infinity;
  /** Why it was ended, by the controller's word. */
  #refusal: string | undefined;
  #isOver = false;
  readonly ended: Promise<void>;

  constructor(socket: WebSocket, options: AgentOptions) {
    this.#options = options;
    let settle: (reason: string) => void = () => {};
    this.ended = new Promise((resolve, reject) => {
      settle = (reason) => {
        this.#stop();
        const error = this.#findError(reason);
        if (error === undefined) resolve();
        else reject(error);
      };
    });
    this.#link = new Link(socket, { message: (message) => this.#receive(message as ToAgent), end: settle });
    options.signal?.addEventListener("abort", () => this.#link.close("the agent was interrupted"), { once: true });
    this.#timers = [
      setInterval(() => this.#send({ type: "clock", sentMs: monotonicMs() }), clockEveryMs),
      setInterval(() => this.#closeWindow(), windowMs),
      setInterval(() => this.#closeSecond(), hostEveryMs),
    ];
    this.#send({ type: "hello", ...this.#hello() });
    this.#send({ type: "clock", sentMs: monotonicMs() });
  }

  /** Why it ended otherwise than it should have. */
  #findError(reason: string): TargetError | undefined {
    if (this.#refusal !== undefined)
      return new TargetError("agentRefused", `The controller refuses this agent: ${this.#refusal}`);
    if (this.#isOver || this.#options.signal?.aborted === true) return undefined;
    return new TargetError("controllerLost", `The controller at ${this.#options.controller} has gone: ${reason}.`);
  }

  #hello(): AgentHello {
    const { host, workers } = this.#options;
    return {
      version,
      simulatorVersion: SIMULATOR_VERSION,
      host,
      workers: workers ?? null,
      workersMax: Math.min(workersMax, Math.max(1, Math.floor(findProcessors()) - 1)),
      environment: describeEnvironment(),
    };
  }

  #send(message: FromAgent): void {
    this.#link.send(message);
  }

  #receive(message: ToAgent): void {
    switch (message.type) {
      case "refused":
        this.#refusal = message.reason;
        return this.#link.close("refused");
      case "clock":
        return this.#clock.add({ otherMs: message.atMs, sentMs: message.sentMs, receivedMs: monotonicMs() });
      case "start":
        return this.#start(message);
      case "order":
        return this.#order(message.generator, message.message);
      case "kill":
        return this.#generators.get(message.generator)?.kill();
      case "over":
        this.#isOver = true;
        return this.#link.close("the run is over");
    }
  }

  #start({ config, workers, clients }: Extract<ToAgent, { type: "start" }>): void {
    const isLocal = this.#options.workers === 0;
    this.#workers = workers;
    const load = { workers: isLocal ? 0 : workers, clients };
    const fitted = { ...config, ...fitToHost(config.targets, load) };
    const handle = createHost(load.workers, false).start(fitted, (message) => {
      this.#send({ type: "report", generator: config.index, message: moveReport(message, this.#clock.toController) });
    });
    this.#generators.set(config.index, handle);
    if (this.#generators.size === 1) this.#options.tell?.(`Begins with ${clients} subscribers in ${workers} workers.`);
    this.#tellReady();
  }

  /** An instant is not known before the clock is. */
  #order(generator: number, message: ToGenerator): void {
    if (this.#clock.isBounded) this.#handOn(generator, message);
    else this.#early.push([generator, message]);
  }

  #handOn(generator: number, message: ToGenerator): void {
    if (message.type === "uncertain") {
      this.#controllerMs = message.byMs;
      return this.#tellUncertainty();
    }
    const moved = moveOrder(message, this.#clock.toOwn, this.#clock.marginMs);
    if (moved.type === "measure") {
      if (this.#fromMs === Infinity) this.#clock.begin();
      this.#fromMs = moved.fromMs;
      this.#toMs = moved.toMs;
    }
    this.#generators.get(generator)?.send(moved);
  }

  #closeWindow(): void {
    this.#clock.closeWindow(monotonicMs());
    this.#windows += 1;
    if (this.#clock.isBounded)
      for (const [generator, message] of this.#early.splice(0)) this.#handOn(generator, message);
    this.#tellUncertainty();
    this.#tellReady();
  }

  /** To its generators: what the controller knows of the server's clock, and what this host knows of the controller's. */
  #tellUncertainty(): void {
    if (!this.#clock.isBounded) return;
    const byMs = this.#controllerMs + this.#clock.marginMs;
    for (const generator of this.#generators.values()) generator.send({ type: "uncertain", byMs });
  }

  #tellReady(): void {
    const isBounded = this.#clock.isBounded && this.#windows >= windowsBeforeReady;
    if (this.#isReady || !isBounded || this.#generators.size < this.#workers) return;
    this.#isReady = true;
    this.#send({ type: "ready" });
  }

  #closeSecond(): void {
    const nowMs = monotonicMs();
    const counts = nowMs - hostEveryMs >= this.#fromMs && nowMs <= this.#toMs + hostEveryMs;
    this.#missed.close(counts);
    const found = this.#watch.close();
    if (counts) this.#evidence.push(...found.filter((one) => !this.#evidence.includes(one)).slice(0, 5));
    if (!this.#isReady) return;
    const evidence = [...this.#missed.evidence("the agent"), ...this.#evidence].slice(0, 20);
    this.#send({ type: "host", uncertaintyMs: this.#clock.uncertaintyMs, evidence });
  }

  #stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#scheduling.stop();
    for (const generator of this.#generators.values()) generator.kill();
  }
}

/** Resolves with the open connection, or with why there is none yet. @throws {TargetError} where the token is wrong */
function connect({ controller, token, signal }: AgentOptions): Promise<WebSocket | string> {
  const socket = new WebSocket(controller, {
    headers: { authorization: `Bearer ${token}` },
    maxPayload: messageBytesMax,
    perMessageDeflate: false,
    handshakeTimeout: handshakeTimeoutMs,
  });
  const abort = (): void => socket.terminate();
  signal?.addEventListener("abort", abort, { once: true });
  const connected = new Promise<WebSocket | string>((resolve, reject) => {
    socket.on("open", () => resolve(socket));
    socket.on("error", ({ message }) => resolve(message));
    socket.on("unexpected-response", (_request, { statusCode }) => {
      socket.terminate();
      if (statusCode !== unauthorized) return resolve(`HTTP ${statusCode}`);
      const sentence = `The controller at ${controller} rejected the token. Check the option token.`;
      reject(new TargetError("agentRefused", sentence));
    });
  });
  return connected.finally(() => signal?.removeEventListener("abort", abort));
}

function requireController(controller: string): void {
  const url = URL.canParse(controller) ? new URL(controller) : undefined;
  if (url !== undefined && ["ws:", "wss:"].includes(url.protocol)) return;
  throw new TargetError(
    "badUrl",
    `Invalid controller ${JSON.stringify(controller)}: expected an address such as ws://loadtest:7700.`,
  );
}

/**
 * Serves one run. Resolves when it is over, or was interrupted before it began.
 *
 * @throws {TargetError} when there is no controller, it refuses this agent, or goes away
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { controller, waitMs, signal, tell } = options;
  requireController(controller);
  const lateMs = monotonicMs() + waitMs;
  tell?.(`Waits for the controller at ${controller}.`);
  for (;;) {
    const connected = await connect(options);
    if (signal?.aborted === true) {
      if (typeof connected !== "string") connected.terminate();
      return;
    }
    if (typeof connected !== "string") {
      tell?.(`Connected to ${controller} as ${options.host}.`);
      return new Service(connected, options).ended;
    }
    if (monotonicMs() >= lateMs)
      throw new TargetError(
        "noController",
        `No controller answers at ${controller}: ${connected}. Start max loadtest with --agents there, or wait for longer with the option waitMs.`,
      );
    await sleep(retryMs, undefined, { signal }).catch(() => undefined);
  }
}

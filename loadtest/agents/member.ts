/** One agent, as its controller sees it: an order of messages that it must keep to, and what it has told of its host. */
import type { WebSocket } from "ws";
import type { SummaryHost } from "../../schemas/index.js";
import { version } from "../../schemas/package-root.js";
import { SIMULATOR_VERSION } from "../../simulator/index.js";
import { monotonicMs } from "../core/monotonic.js";
import type { GeneratorListener, GeneratorSlot } from "../generator/generator-handle.js";
import type { FromGenerator, GeneratorResult } from "../generator/protocol.js";
import { Link } from "./link.js";
import { fromAgent } from "./message-shapes.js";
import type { AgentHello, FromAgent, ToAgent } from "./protocol.js";
import { ShapeError, requireShape } from "./shape.js";

export type HostReport = SummaryHost;

export interface MemberEvents {
  /** Returns why it is refused. */
  hello(member: Member): string | undefined;
  ready(): void;
  trouble(sentence: string): void;
  end(member: Member, reason: string): void;
  /** Of the run. */
  second(): number;
}

interface HostShare {
  readonly workers: number;
  readonly clients: number;
  /** Servers. */
  readonly targets: number;
}

interface RemoteGenerator {
  readonly listen: GeneratorListener;
  seconds: number;
  /** What it was asked for and has not answered. */
  isFinishing: boolean;
  interims: number;
  isOver: boolean;
}

export class Member {
  readonly #link: Link;
  readonly #events: MemberEvents;
  readonly #generators = new Map<number, RemoteGenerator>();
  #hello: AgentHello | undefined;
  #workers = 0;
  #targets = 0;
  #clients = 0;
  #utilisationMax = 0;
  #uncertaintyMs = 0;
  /** Of the host, as it was told last; of its generators, in their results; and of the link. */
  #ofHost: readonly string[] = [];
  readonly #ofGenerators = new Set<string>();
  #ofLink: readonly string[] = [];
  #isTold = false;
  #isEnded = false;
  isAdmitted = false;
  isReady = false;

  constructor(socket: WebSocket, events: MemberEvents) {
    this.#events = events;
    this.#link = new Link(socket, {
      message: (message) => this.#receive(requireShape(message, fromAgent)),
      end: (reason) => this.#end(reason),
    });
  }

  /** Only of one that has said it. */
  get hello(): AgentHello {
    return this.#hello!;
  }

  findMismatch(): string | undefined {
    const { version: other, simulatorVersion } = this.hello;
    if (other !== version) return `It is max ${other}, and the controller is max ${version}: install the same version.`;
    if (simulatorVersion === SIMULATOR_VERSION) return undefined;
    return `Its simulator has version ${simulatorVersion}, and the controller's ${SIMULATOR_VERSION}: install the same version.`;
  }

  refuse(reason: string): void {
    this.#send({ type: "refused", reason });
    this.#link.close("refused");
  }

  slots({ workers, clients, targets }: HostShare): GeneratorSlot[] {
    this.#workers = workers;
    this.#targets = targets;
    const name = `a generator of the agent ${this.hello.host}`;
    return Array.from({ length: workers }, () => ({
      name,
      start: (config, listen) => {
        const { index } = config;
        const generator = { listen, seconds: 0, isFinishing: false, interims: 0, isOver: false };
        this.#generators.set(index, generator);
        this.#send({ type: "start", config, workers, clients });
        return {
          send: (message) => {
            if (message.type === "finish") generator.isFinishing = true;
            if (message.type === "interim") generator.interims += 1;
            this.#send({ type: "order", generator: index, message });
          },
          kill: () => {
            generator.isOver = true;
            this.#send({ type: "kill", generator: index });
          },
        };
      },
    }));
  }

  report(): HostReport {
    const { host, environment } = this.hello;
    return {
      host,
      workers: this.#workers,
      clients: this.#clients,
      utilisationMax: this.#utilisationMax,
      uncertaintyMs: this.#uncertaintyMs,
      evidence: [...this.#ofHost, ...this.#ofGenerators, ...this.#ofLink],
      environment: { ...environment },
    };
  }

  /** The run is over. */
  end(): void {
    this.#isTold = true;
    this.#isEnded = true;
    this.#send({ type: "over" });
  }

  #send(message: ToAgent): void {
    this.#link.send(message);
  }

  #receive(message: FromAgent): void {
    if (message.type === "clock") return this.#send({ type: "clock", sentMs: message.sentMs, atMs: monotonicMs() });
    if (message.type === "hello") return this.#receiveHello(message);
    if (!this.isAdmitted) throw new ShapeError("a message came before its hello");
    switch (message.type) {
      case "ready":
        if (this.#generators.size === 0) throw new ShapeError("it is ready before it was started");
        this.isReady = true;
        return this.#events.ready();
      case "host":
        // It begins anew with the measured time, and grows from then on.
        this.#uncertaintyMs = message.uncertaintyMs;
        this.#ofHost = message.evidence;
        return this.#reportEvidence(message.evidence);
      case "report":
        return this.#report(message.generator, message.message);
    }
  }

  #receiveHello(hello: AgentHello): void {
    if (this.#hello !== undefined) throw new ShapeError("a second hello came");
    this.#hello = hello;
    const reason = this.#events.hello(this);
    if (reason === undefined) this.isAdmitted = true;
    else this.refuse(reason);
  }

  #report(index: number, message: FromGenerator): void {
    const generator = this.#generators.get(index);
    if (generator === undefined) throw new ShapeError(`it reports of a generator ${index} that it does not run`);
    if (generator.isOver) return;
    if (message.type === "failed") {
      generator.isOver = true;
      return generator.listen({ type: "failed", message: this.#locate(message.message) });
    }
    if (message.type === "second") {
      if (message.report.second !== generator.seconds) throw new ShapeError("its seconds are not in order");
      generator.seconds += 1;
      this.#utilisationMax = Math.max(this.#utilisationMax, message.report.utilisation);
      this.#reportEvidence(message.report.evidence);
    }
    if (message.type === "interim") {
      if (generator.interims === 0) throw new ShapeError("a result came that nobody asked for");
      generator.interims -= 1;
      return generator.listen({ ...message, result: this.#name(message.result) });
    }
    if (message.type === "result") {
      if (!generator.isFinishing) throw new ShapeError("a result came that nobody asked for");
      generator.isOver = true;
      this.#clients += message.result.clients.connected;
      for (const one of message.result.evidence) this.#ofGenerators.add(one);
      return generator.listen({ ...message, result: this.#name(message.result) });
    }
    generator.listen(message);
  }

  /** A result as one of this host: what speaks against it has its name. */
  #name(result: GeneratorResult): GeneratorResult {
    if (result.addresses.length !== this.#targets) throw new ShapeError("its result is of another number of servers");
    if (result.worst.some(({ address }) => address >= this.#targets)) throw new ShapeError("its worst is of no server");
    const { host } = this.hello;
    const of = (sentence: string): string => `the agent ${host}: ${sentence}`;
    return {
      ...result,
      payload: null,
      shortages: result.shortages.map(([reason, count]) => [`${reason} (the agent ${host})`, count]),
      worst: result.worst.map((report) => ({ ...report, subscriber: `${report.subscriber} of ${host}` })),
      evidence: result.evidence.map(of),
    };
  }

  #locate(what: string): string {
    return `the agent ${this.hello.host}, second ${this.#events.second()} of the run: ${what}`;
  }

  /** What speaks against the host, while the run goes on: told once. */
  #reportEvidence(evidence: readonly string[]): void {
    if (evidence.length === 0 || this.#isTold) return;
    this.#isTold = true;
    this.#events.trouble(this.#locate(evidence.join("; ")));
  }

  #end(reason: string): void {
    const sentence = this.isAdmitted ? this.#locate(`it was lost: ${reason}`) : reason;
    if (!this.#isEnded) this.#ofLink = [`it was lost: ${reason}`];
    for (const generator of this.#generators.values()) {
      if (generator.isOver) continue;
      generator.isOver = true;
      generator.listen({ type: "failed", message: sentence });
    }
    this.#events.end(this, reason);
  }
}

/**
 * A server that broadcasts ticks as fast as its subscribers take them, and the receiver that says when they have.
 *
 * They are connected by a control connection: a byte on it says that a tick has reached its last subscriber. As many
 * ticks are in flight as keep the server busy all the time.
 */
import { once } from "node:events";
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";

/** Where a server listens: for subscribers, and for the control connection. */
export interface ServerPorts {
  readonly server: number;
  readonly control: number;
}

/** How long ticks are broadcast: until both minima are reached. */
export interface Span {
  readonly durationMsMin: number;
  /** The first ticks of a span are hashed; no span has fewer. */
  readonly ticksMin: number;
}

export interface TickRun {
  readonly ticks: number;
  readonly wallMs: number;
  /** Processor time of the server. */
  readonly cpuUs: number;
}

/** Listens on a free port of this host. */
export async function listen(server: Server, backlog?: number): Promise<number> {
  server.listen(0, "127.0.0.1", backlog);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** The server's end. */
export class TickLoop {
  readonly #controlServer = createServer({ noDelay: true });
  readonly #control = once(this.#controlServer, "connection") as Promise<[Socket]>;

  /** Resolves with the port for the control connection. */
  listen(): Promise<number> {
    return listen(this.#controlServer);
  }

  /** Sends tick after tick; resolves when the last one has arrived everywhere. */
  async run(
    sendTick: (tick: number) => void,
    inFlightMax: number,
    { durationMsMin, ticksMin }: Span,
  ): Promise<TickRun> {
    const [control] = await this.#control;
    return new Promise((resolve) => {
      const cpuBefore = process.cpuUsage();
      const startedMs = performance.now();
      let sent = 0;
      let arrived = 0;
      const isEnough = () => sent >= ticksMin && performance.now() - startedMs >= durationMsMin;
      function sendNext(): void {
        if (isEnough() || sent - arrived >= inFlightMax) return;
        sendTick(sent);
        sent += 1;
        setImmediate(sendNext);
      }
      function onArrived(bytes: Buffer): void {
        arrived += bytes.length;
        if (arrived < sent || !isEnough()) return sendNext();
        control.off("data", onArrived);
        const { user, system } = process.cpuUsage(cpuBefore);
        resolve({ ticks: sent, wallMs: performance.now() - startedMs, cpuUs: user + system });
      }
      control.on("data", onArrived);
      sendNext();
    });
  }
}

/** The receiver's end. */
export class TickArrivals {
  readonly #control: Socket;
  #arrivals: number[] = [];
  #completed = 0;

  private constructor(control: Socket) {
    this.#control = control;
  }

  static async connect(port: number): Promise<TickArrivals> {
    const control = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(control, "connect");
    return new TickArrivals(control);
  }

  /** Counts from tick 0 again. */
  reset(): void {
    this.#arrivals = [];
    this.#completed = 0;
  }

  /** One more of so many subscribers has all of this tick. */
  arrived(tick: number, subscribers: number): void {
    this.#arrivals[tick] = (this.#arrivals[tick] ?? 0) + 1;
    for (; this.#arrivals[this.#completed] === subscribers; this.#completed++) this.complete();
  }

  /** A tick has reached its last subscriber. */
  complete(): void {
    this.#control.write("\n");
  }
}

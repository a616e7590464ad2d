/**
 * Listens with two subscribers, one over WebSocket and one over polling, for as long as it is asked to.
 *
 * A subscriber that is thrown out comes back a moment later, so that one bad event does not hide the
 * others; that it was thrown out is a finding all the same.
 */
import { setTimeout as delay } from "node:timers/promises";
import { type EventName, eventNames } from "../../../schemas/index.js";
import type { Target } from "../../core/target.js";
import { type StallWatch, inconclusiveAfterStall, startStallTolerantTimer } from "../../core/stall-tolerant-timer.js";
import type { Judge } from "../core/findings.js";
import type { ContractLimits } from "../core/options.js";
import type { EventOutcome } from "../core/result.js";
import { type ReceivedFrame, countUnmet, judgeAgreement } from "./agreement.js";
import { type EventCounts, type ValidEvent, createEventJudge } from "./event-judge.js";
import { ConnectError, type Subscriber, type Transport, openSubscriber } from "./subscriber.js";

export interface ListeningOptions {
  readonly target: Target;
  readonly expect: readonly EventName[];
  readonly judge: Judge;
  readonly limits: ContractLimits;
  /** Ends the waiting for events, which then rejects with its reason. */
  readonly signal: AbortSignal;
  /** True when not even what is on its way is waited for, so that the subscribers cannot be compared. */
  readonly isCutShort: () => boolean;
  readonly stalls: StallWatch;
  /** Ends the run, because the server sends more than can be kept; the finding is recorded already. */
  readonly onFlood: () => void;
}

export type EventListener = (event: ValidEvent, transport: Transport) => void;

/** An event that something should cause. */
export interface ExpectedEvent {
  /** The event and how long it took from now, in time awake; undefined if it has not come by then. Rejects at the run's end. */
  within(limitMs: number): Promise<{ readonly event: ValidEvent; readonly tookMs: number } | undefined>;
}

export interface Listening {
  /** Transports that are connected at least once. */
  readonly connected: readonly Transport[];
  /** Calls back with each valid event of each transport. Returns how to stop it. */
  onEvent(listener: EventListener): () => void;
  /** Waits for an event from now on: ask before the request that should cause it. */
  expectEvent(matches: (event: ValidEvent) => boolean): ExpectedEvent;
  /** Judges what only the end can tell, and closes. */
  finish(): Promise<readonly EventOutcome[]>;
}

const transports: readonly Transport[] = ["websocket", "polling"];
const reconnectMs = 200;
const reconnectsMax = 50;
/** A server may skip replaced states for a subscriber that read nothing for so long. */
const slowMs = 250;
/** Between two looks whether the last events have reached both subscribers. */
const settleMs = 50;

/** One transport's connection, and what came over it. */
interface Line {
  readonly transport: Transport;
  readonly frames: ReceivedFrame[];
  packets: number;
  characters: number;
  readonly eventCounts: Record<EventName, EventCounts>;
  subscriber: Subscriber | undefined;
  connectedAtMs: number;
  wasLost: boolean;
}

function createLine(transport: Transport): Line {
  const eventCounts = Object.fromEntries(
    eventNames.map((name) => [name, { seen: 0, invalid: 0 }]),
  ) as Line["eventCounts"];
  const counts = { packets: 0, characters: 0 };
  return { transport, frames: [], ...counts, eventCounts, subscriber: undefined, connectedAtMs: 0, wasLost: false };
}

class ListeningSubscribers implements Listening {
  readonly #options: ListeningOptions;
  readonly #lines = transports.map(createLine) as [Line, Line];
  readonly #listeners = new Set<EventListener>();
  #startedMs = 0;
  #reopened = 0;
  #isFinished = false;
  #isFlooded = false;

  constructor(options: ListeningOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await Promise.all(this.#lines.map((line) => this.#connect(line)));
    this.#startedMs = performance.now();
  }

  get connected(): readonly Transport[] {
    return this.#lines.filter(({ connectedAtMs }) => connectedAtMs > 0).map(({ transport }) => transport);
  }

  onEvent(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  expectEvent(matches: (event: ValidEvent) => boolean): ExpectedEvent {
    const { signal } = this.#options;
    let arrive: (event: ValidEvent | undefined) => void;
    const arrived = new Promise<ValidEvent | undefined>((resolve) => void (arrive = resolve));
    const unsubscribe = this.onEvent((event) => {
      if (!matches(event)) return;
      unsubscribe();
      arrive(event);
    });
    return {
      async within(limitMs) {
        const stop = (): void => arrive(undefined);
        const timer = startStallTolerantTimer(limitMs, stop);
        signal.addEventListener("abort", stop);
        if (signal.aborted) stop();
        const event = await arrived;
        const tookMs = timer.awakeMs;
        timer.cancel();
        signal.removeEventListener("abort", stop);
        unsubscribe();
        if (event === undefined) signal.throwIfAborted();
        return event === undefined ? undefined : { event, tookMs };
      },
    };
  }

  async finish(): Promise<readonly EventOutcome[]> {
    const { judge, isCutShort, stalls } = this.#options;
    const toMs = performance.now();
    const [websocket, polling] = this.#lines;
    const a = { name: websocket.transport, frames: websocket.frames };
    const b = { name: polling.transport, frames: polling.frames };
    const joinedMs = Math.max(websocket.connectedAtMs, polling.connectedAtMs);
    const span = { joinedMs, toMs };
    await this.#waitUntilMet(() => (isCutShort() || !this.#isComparable() ? 0 : countUnmet(a, b, span)));
    this.#isFinished = true;
    for (const { subscriber, transport, wasLost } of this.#lines) {
      if (subscriber !== undefined && !wasLost)
        judge.check("connection-lasts", transport, true, () => ({ detail: "" }));
      subscriber?.close();
    }
    const inconclusive = inconclusiveAfterStall(stalls, joinedMs, slowMs);
    if (this.#isComparable() && !isCutShort()) judgeAgreement(judge, a, b, span, inconclusive);
    return this.#judgeSeen(toMs);
  }

  #isComparable(): boolean {
    return !this.#isFlooded && this.#lines.every(({ connectedAtMs, wasLost }) => connectedAtMs > 0 && !wasLost);
  }

  async #connect(line: Line): Promise<void> {
    const { judge } = this.#options;
    const rule = `connect-${line.transport}` as const;
    try {
      await this.#open(line);
      judge.check(rule, "Socket.IO", true, () => ({ detail: "" }));
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      judge.check(rule, "Socket.IO", false, () => ({ detail: `a stock client cannot connect: ${error.message}` }));
    }
  }

  async #open(line: Line): Promise<void> {
    const { judge, target, limits } = this.#options;
    const events = createEventJudge(judge, line.eventCounts);
    line.subscriber = await openSubscriber({
      target,
      transport: line.transport,
      connectMsMax: limits.connectMsMax,
      onPacket: (packet) => {
        if (this.#isTooMuch(line, packet) || packet === undefined) return;
        if (packet.startsWith("2")) line.frames.push({ packet, atMs: performance.now() });
        const valid = events.judge(packet);
        if (valid !== undefined) for (const listener of this.#listeners) listener(valid, line.transport);
      },
      onLost: (reason) => this.#onLost(line, reason),
    });
    line.connectedAtMs = performance.now();
    if (this.#isFlooded) line.subscriber.close();
  }

  #onLost(line: Line, reason: string): void {
    const { judge, stalls } = this.#options;
    line.subscriber = undefined;
    line.wasLost = true;
    judge.check("connection-lasts", line.transport, this.#isFinished, () => ({
      detail: `the connection ended while listening: ${reason}`,
      inconclusive: inconclusiveAfterStall(stalls, performance.now()),
    }));
    void this.#reopen(line);
  }

  async #reopen(line: Line): Promise<void> {
    for (; this.#reopened < reconnectsMax; this.#reopened += 1) {
      await delay(reconnectMs);
      if (this.#isFinished || this.#isFlooded || this.#options.signal.aborted) return;
      try {
        await this.#open(line);
        if (this.#isFinished) line.subscriber?.close();
        this.#reopened += 1;
        return;
      } catch (error) {
        if (!(error instanceof ConnectError)) throw error;
      }
    }
  }

  /** Counts what came; from the limit on nothing more is taken in, by any of the subscribers. */
  #isTooMuch(line: Line, packet: string | undefined): boolean {
    const { judge, limits, onFlood } = this.#options;
    line.packets += 1;
    line.characters += packet?.length ?? 0;
    if (this.#isFlooded) return true;
    this.#isFlooded = line.packets > limits.packetsMax || line.characters > limits.packetCharactersMax;
    if (!this.#isFlooded) return false;
    judge.check("event-flood", line.transport, false, () => ({
      detail: `sent ${line.packets} packets with ${line.characters} characters`,
      inconclusive: "no more is kept to compare the subscribers; listen for less time",
    }));
    onFlood();
    for (const { subscriber } of this.#lines) subscriber?.close();
    return true;
  }

  /** Waits until nothing is missing any more, or nothing more of it comes: a slow server is not a server that loses. */
  async #waitUntilMet(countMissing: () => number): Promise<void> {
    let least = Infinity;
    let waitedMs = 0;
    const { eventMsMax } = this.#options.limits;
    for (let missing = countMissing(); missing > 0 && waitedMs < eventMsMax; missing = countMissing()) {
      waitedMs = missing < least ? 0 : waitedMs + settleMs;
      least = Math.min(least, missing);
      await delay(settleMs);
    }
  }

  #judgeSeen(toMs: number): EventOutcome[] {
    const { judge, expect } = this.#options;
    const heard = this.#lines.filter(({ connectedAtMs }) => connectedAtMs > 0);
    const seconds = Math.round((toMs - this.#startedMs) / 100) / 10;
    return eventNames.map((event) => {
      const seen = Math.max(0, ...heard.map(({ eventCounts }) => eventCounts[event].seen));
      const invalid = Math.max(0, ...heard.map(({ eventCounts }) => eventCounts[event].invalid));
      const expected = expect.includes(event);
      if (expected && !this.#isFlooded) {
        judge.check("event-seen", event, seen > 0, () => ({
          detail:
            heard.length === 0
              ? "could not be seen, because no subscriber was let in"
              : `never came in ${seconds} s of listening. The server must be made to broadcast it meanwhile; listen longer, or expect fewer events`,
        }));
      }
      return { event, expected, seen, invalid, verdict: invalid > 0 ? "invalid" : seen > 0 ? "seen" : "never seen" };
    });
  }
}

/** Connects both subscribers. What kept one of them out is a finding. */
export async function startListening(options: ListeningOptions): Promise<Listening> {
  const listening = new ListeningSubscribers(options);
  await listening.start();
  return listening;
}

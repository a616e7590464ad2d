/**
 * Connection state recovery: what was broadcast lately, and whose connection broke lately.
 *
 * Every event gets an offset as its last argument, as Socket.IO's clients expect. Bounded by age and by
 * number; a client whose offset or session has left the log starts anew, and each session is restored once.
 */
import type { BroadcastOptions, Session } from "socket.io-adapter";

export interface RecoveryLogOptions {
  /** How long after a break a client may come back. @default 120_000 */
  readonly breakMsMax: number;
  /** Events kept. @default 100_000 */
  readonly eventsMax: number;
  /** Broken sessions kept. @default 50_000 */
  readonly sessionsMax: number;
  /** Milliseconds on a clock that never runs backwards. */
  readonly nowMs: () => number;
}

export const recoveryDefaults = { breakMsMax: 120_000, eventsMax: 100_000, sessionsMax: 50_000 } as const;

type BrokenSession = Omit<Session, "missedPackets">;

interface KeptEvent {
  readonly number: number;
  readonly atMs: number;
  readonly data: unknown[];
  readonly options: BroadcastOptions;
}

const radix = 36;

export class RecoveryLog {
  readonly #options: RecoveryLogOptions;
  readonly #sessions = new Map<string, { readonly session: BrokenSession; readonly brokenMs: number }>();
  #events: KeptEvent[] = [];
  #lastNumber = 0;

  constructor(options: RecoveryLogOptions) {
    this.#options = options;
  }

  /** Keeps an event and adds its offset, which is returned, to its arguments. */
  append(data: unknown[], options: BroadcastOptions): string {
    const number = (this.#lastNumber += 1);
    const offset = number.toString(radix);
    data.push(offset);
    this.#events.push({ number, atMs: this.#options.nowMs(), data, options });
    // Cut seldom, so that each event is moved once at most.
    if (this.#events.length > 2 * this.#options.eventsMax) this.#cut();
    return offset;
  }

  persist(session: BrokenSession): void {
    this.#sessions.delete(session.pid);
    this.#sessions.set(session.pid, { session, brokenMs: this.#options.nowMs() });
    this.#cut();
  }

  /** The session with what its client has missed, or null when too much time or too many events have passed. */
  restore(pid: string, offset: string): Session | null {
    this.#cut();
    const broken = this.#sessions.get(pid);
    const number = Number.parseInt(offset, radix);
    const first = this.#events[0]?.number ?? this.#lastNumber + 1;
    const isKnown = number >= first - 1 && number <= this.#lastNumber && number.toString(radix) === offset;
    if (broken === undefined || !isKnown) return null;
    this.#sessions.delete(pid);
    const { session } = broken;
    const missed = this.#events.slice(number - first + 1).filter(({ options }) => concerns(session.rooms, options));
    return { ...session, missedPackets: missed.map(({ data }) => data) };
  }

  close(): void {
    this.#sessions.clear();
    this.#events = [];
  }

  /** Drops what is too old or too much. */
  #cut(): void {
    const { breakMsMax, eventsMax, sessionsMax, nowMs } = this.#options;
    const oldestMs = nowMs() - breakMsMax;
    const firstYoung = this.#events.findIndex(({ atMs }) => atMs >= oldestMs);
    const byAge = firstYoung === -1 ? this.#events.length : firstYoung;
    const drop = Math.max(byAge, this.#events.length - eventsMax);
    if (drop > 0) this.#events = this.#events.slice(drop);
    for (const [pid, { brokenMs }] of this.#sessions) {
      // In the order of their breaks: the first that may stay ends the search.
      if (brokenMs >= oldestMs && this.#sessions.size <= sessionsMax) break;
      this.#sessions.delete(pid);
    }
  }
}

function concerns(rooms: readonly string[], { rooms: to, except = new Set() }: BroadcastOptions): boolean {
  return (to.size === 0 || rooms.some((room) => to.has(room))) && !rooms.some((room) => except.has(room));
}

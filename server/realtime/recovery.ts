/**
 * Connection state recovery: a client whose connection broke gets what it has missed, from this process or from another
 * one of its cluster.
 *
 * It brings the private id of its session and the offset of its last event, and nothing else decides: no process need
 * remember it, so a process that was killed loses none of its clients' sessions. Each break is recovered from once.
 * Where anything is not certain the client starts anew, which Socket.IO tells it.
 *
 * Invariant: what was missed is looked up and written in the same turn in which the client joins the fan-out, so nothing
 * falls between, and after Socket.IO's CONNECT, so that each event moves the client's offset on.
 */
import { randomBytes } from "node:crypto";
import type { Socket } from "socket.io";
import type { Session } from "socket.io-adapter";
import type { ContractEvent } from "../../schemas/index.js";
import type { Logger } from "../core/logger.js";
import { clearTimeout, setTimeout } from "../core/timers.js";
import type { CounterSet } from "./counters.js";
import { type LogPlace, type RecoveryLog, offsetOf, packetsAfter, unknownAfter } from "./recovery-log.js";
import { SessionIds } from "./session-ids.js";
import { type WirePacket, packetOf } from "./wire-batch.js";

/** What keeps a break from being recovered from twice. */
export interface RecoveryClaims {
  /** Whether nobody has taken this name, for so long at least. Rejects where that cannot be told. */
  take(name: string, forMs: number): Promise<boolean>;
  /** It can be taken again. */
  release(name: string): void;
}

/** What recovery needs of the processes whose clients this one recovers. */
export interface RecoverySource {
  /** The same in all of them, and known to nobody else. */
  secret(): string;
  readonly claims: RecoveryClaims;
  /** Resolves when this process has broadcast everything that any of them has broadcast until now. */
  caughtUp(): Promise<void>;
  /**
   * What was broadcast under this name, and after it until this process was there, by name. Rejects where it cannot be
   * told for certain.
   */
  regenerate(name: string): Promise<ReadonlyMap<string, readonly ContractEvent[]>>;
}

export interface RecoveryOptions {
  readonly log: RecoveryLog;
  readonly source: RecoverySource;
  readonly counters: CounterSet;
  readonly logger: Logger;
  /** More missed bytes than a subscriber may have waiting are not sent. Zero means no limit. */
  readonly missedBytesMax: number;
  readonly breakMsMax: number;
  /** @default 5000 */
  readonly waitMsMax?: number;
}

/** Why a client starts anew. */
type Refusal =
  /** The id of its session is none of this server's. */
  | "session"
  /** Its offset is unknown: too long ago, or never broadcast. */
  | "offset"
  /** This break has been recovered from already. */
  | "used"
  /** More was missed than a subscriber may have waiting. */
  | "tooMuch"
  /** It is not known what was missed: another process, or the store, does not answer. */
  | "unavailable";

interface Claimed {
  readonly sid: string;
  readonly place: LogPlace;
}

const waitMsMaxDefault = 5000;
/** Who takes a claim away from a connection that is about to end waits until it has. */
const claimPausesMs = [0, 50, 100, 200, 400] as const;

export class Recovery {
  readonly #options: RecoveryOptions;
  readonly #ids: SessionIds;
  /** Where those begin who are about to join, by the `data` of their sockets. */
  readonly #places = new WeakMap<object, LogPlace>();
  /** Those of the recovered sessions that are there, by session. */
  readonly #claims = new Map<string, string>();
  #filling: Promise<void> = Promise.resolve();
  #isTold = false;

  constructor(options: RecoveryOptions) {
    this.#options = options;
    this.#ids = new SessionIds(() => options.source.secret());
  }

  /** The offset of what past the contract is sent now: it leaves the client where it is. */
  get offset(): string | undefined {
    return this.#options.log.offset;
  }

  append(name: string, packets: readonly WirePacket[] | undefined): void {
    this.#options.log.append(name, packets);
  }

  /** The private id of a session that begins. */
  identify({ id, handshake }: Pick<Socket, "id" | "handshake">): string {
    const { offset } = handshake.auth as { readonly offset?: unknown };
    return this.#ids.create(id, typeof offset === "string" ? offset : undefined);
  }

  /**
   * The session, or null for a client that starts anew.
   *
   * @param leave ends another connection of the session, which its client has given up and this process still holds
   */
  async restore(pid: string, offset: string, leave: (sid: string) => void): Promise<Session | null> {
    const { counters, logger } = this.#options;
    const outcome = await this.#claim(pid, offset).catch((err: unknown): Refusal => {
      // Once for all who come back while it is so.
      if (!this.#isTold) logger.warn({ err }, "what clients have missed cannot be told: they start anew");
      this.#isTold = true;
      return "unavailable";
    });
    if (typeof outcome === "string") {
      counters.recoveriesRefused.add(outcome);
      return null;
    }
    this.#isTold = false;
    const { sid, place } = outcome;
    leave(sid);
    this.release(sid);
    this.#claims.set(sid, claimName(sid, offset));
    const data = {};
    this.#places.set(data, place);
    return { sid, pid, rooms: [], data, missedPackets: [] };
  }

  /** The connection of the session has ended: the next break is another one, also at the same place. */
  release(sid: string): void {
    const claim = this.#claims.get(sid);
    if (claim === undefined) return;
    this.#claims.delete(sid);
    this.#options.source.claims.release(claim);
  }

  /** What a client that has just joined missed; undefined for one that starts anew. */
  missedBy({ data }: Pick<Socket, "data">): readonly WirePacket[] | undefined {
    const place = this.#places.get(data as object);
    return place && packetsAfter(place);
  }

  close(): void {
    this.#options.log.clear();
  }

  async #claim(pid: string, offset: string): Promise<Claimed | Refusal> {
    const { log, source, missedBytesMax } = this.#options;
    const sid = this.#ids.read(pid, offset);
    if (sid === undefined) return "session";
    await this.#within(source.caughtUp());
    const place = log.find(offset);
    if (place === undefined) return "offset";
    if (unknownAfter(place) !== undefined)
      await this.#within((this.#filling = this.#filling.catch(() => {}).then(() => this.#fill(place))));
    if (log.find(offset) === undefined) return "offset";
    const missed = packetsAfter(place);
    const bytes = missed.reduce((sum, { text }) => sum + text.length, 0);
    if (missedBytesMax > 0 && bytes > missedBytesMax) return "tooMuch";
    return (await this.#take(claimName(sid, offset))) ? { sid, place } : "used";
  }

  async #take(claim: string): Promise<boolean> {
    const { source, breakMsMax } = this.#options;
    for (const pauseMs of claimPausesMs) {
      if (pauseMs > 0) await new Promise((resolve) => void setTimeout(resolve, pauseMs));
      if (await source.claims.take(claim, breakMsMax)) return true;
    }
    return false;
  }

  /** One for all who wait for it. */
  async #fill(place: LogPlace): Promise<void> {
    const name = unknownAfter(place);
    if (name === undefined) return;
    const events = await this.#options.source.regenerate(name);
    this.#options.log.fill((batch) =>
      events.get(batch)?.map((event, index) => packetOf(event, offsetOf(batch, index))),
    );
    if (unknownAfter(place) !== undefined) throw new Error(`What was broadcast as ${name} and after it is not known.`);
  }

  async #within(work: Promise<void>): Promise<void> {
    const { waitMsMax = waitMsMaxDefault } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`Not there within ${waitMsMax} ms.`)), waitMsMax);
    });
    try {
      await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function claimName(sid: string, offset: string): string {
  return `${sid} ${offset}`;
}

/** A process alone: its clients' sessions end with it. */
export function createLocalSource(): RecoverySource {
  const secret = randomBytes(32).toString("base64url");
  const taken = new Set<string>();
  return {
    secret: () => secret,
    claims: {
      take(name) {
        const isFree = !taken.has(name);
        taken.add(name);
        return Promise.resolve(isFree);
      },
      release: (name) => void taken.delete(name),
    },
    caughtUp: () => Promise.resolve(),
    regenerate: () => Promise.reject(new Error("Nothing was broadcast before this process was there.")),
  };
}

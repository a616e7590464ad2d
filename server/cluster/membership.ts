/**
 * A server as a member of a cluster: it follows the log, and leads whenever it holds the store.
 *
 * Who holds the store's lock may lead; it leads once its announcement has come back through the log. A leader that
 * loses the store goes on deciding until another one is announced; only commands wait meanwhile.
 */
import { hash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { ContractEvent } from "../../schemas/index.js";
import { StartError } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import { realClock } from "../core/clock.js";
import { monotonicMs } from "../core/timers.js";
import type { OpenStoreOptions } from "../store/open-store.js";
import { createSecondCandles } from "../store/second-candles.js";
import { type SharedStore, openSharedStore } from "../store/shared-store.js";
import { ClockReader } from "./clock-reader.js";
import { ClusterClock } from "./cluster-clock.js";
import { ClusterLog, type OutcomeCounts } from "./cluster-log.js";
import type { Position } from "./entry.js";
import { LeaderLink } from "./leader-link.js";
import { MemberStore } from "./member-store.js";
import type { Replica } from "./ordered-log.js";
import { StoreHold } from "./store-hold.js";

/** How a server joins a cluster. */
export interface ClusterOptions {
  /** Where the log is, such as `redis://localhost:6379`. */
  readonly redis: string;
  /** Where the other members reach this one. @default the address that it listens on */
  readonly advertise?: string;
}

/** The state of a member, as GET /health has it. */
export interface MemberStatus {
  readonly id: string;
  readonly role: "leader" | "follower";
  readonly epoch: number;
  /** For how long nothing has been heard of the log, milliseconds. */
  readonly silentMs: number;
  readonly entries: OutcomeCounts;
}

/** What a member has counted since it began. */
export interface MemberCounters {
  /** How often it came to lead. */
  readonly takeovers: number;
  /** How often it closed its subscribers, because it heard nothing of the log. */
  readonly isolations: number;
  /** Bytes of the entries that it appended to the log. */
  readonly appendedBytes: number;
}

/** Told of what a member does with requests. */
export interface RequestObserver {
  /** One was sent on to the leader. */
  observeForward(outcome: "answered" | "failed"): void;
  /** One has waited until this member had played what the log held, or could not. */
  observeBarrier(waitMs: number): void;
}

/** What leads, or follows. */
interface Led {
  /**
   * @param tick the last one that is proposed
   * @param isFirst whether nobody has led since this member joined: all of the cluster has started, anew or again
   */
  lead(tick: number, isFirst: boolean): void;
  follow(): void;
  /** Nothing is heard of the log: subscribers are better served by another member. */
  isolate(): void;
  /** The log is heard again. */
  rejoin(): void;
  /** The world differs from that of the other members: nobody may be served. */
  lose(): void;
}

export interface JoinOptions extends ClusterOptions {
  readonly token: string;
  readonly store: Omit<OpenStoreOptions, "membership" | "reset">;
  readonly logger: Logger;
}

/** An announcement that has not come back by then does not come back. */
const announcedMsMax = 400;
const retryMs = 100;
/** Without the log for longer a member is not ready. */
const silentMsMax = 1000;
/** How long a request waits for the cluster's clock. */
const clockMsMax = 2000;
const clockLookMs = 10;
const unannouncedMax = 500;

export class Membership {
  readonly #options: JoinOptions;
  readonly #shared: SharedStore;
  readonly #member = randomUUID().slice(0, 8);
  readonly #seconds = createSecondCandles();
  readonly store: MemberStore;
  readonly #ended = new AbortController();
  /** What this member tells of time is on it. */
  readonly clock = new ClusterClock({ hostId: hostId(), clock: realClock });
  readonly link = new LeaderLink();
  #reader: ClockReader | undefined;
  #hold: StoreHold | undefined;
  #log: ClusterLog | undefined;
  #led: Led | undefined;
  #isJoined = false;
  #takeovers = 0;
  #isolations = 0;
  #leading: Promise<void> = Promise.resolve();

  private constructor(options: JoinOptions, shared: SharedStore) {
    this.#options = options;
    this.#shared = shared;
    this.store = new MemberStore(shared, this.#seconds);
  }

  /** Resolves when there is a market to follow, or when this member may begin it. @throws {StartError} */
  static async join(options: JoinOptions): Promise<Membership> {
    const { store, token } = options;
    if (!/^postgres(ql)?:\/\//.test(store.url))
      throw new StartError(
        "badOption",
        `The members of a cluster share a Postgres store, which ${store.url} is not; give one like postgres://host/database.`,
        { option: "store" },
      );
    if (!/^rediss?:\/\//.test(options.redis))
      throw new StartError(
        "badOption",
        `Invalid address "${options.redis}". Expected something like redis://localhost:6379.`,
        {
          option: "cluster.redis",
        },
      );
    const shared = await openSharedStore({
      ...store,
      tokenDigest: hash("sha256", `max-harness cluster ${token}`),
    });
    const membership = new Membership(options, shared);
    await membership.#findMarket().catch(async (error: unknown) => {
      await membership.close();
      throw error;
    });
    return membership;
  }

  get isLeading(): boolean {
    return this.#log?.isLeading ?? false;
  }

  get leaderUrl(): string | undefined {
    return this.#log?.leaderUrl;
  }

  /** Of the timeline: equal on all members. */
  get timelineId(): string {
    return this.#shared.logId;
  }

  async barrier(): Promise<void> {
    await this.#log?.barrier();
  }

  /** Resolves when this member knows the cluster's clock. */
  async clockIsKnown(): Promise<void> {
    for (const lateMs = monotonicMs() + clockMsMax; !this.clock.isKnown; await sleep(clockLookMs))
      if (monotonicMs() > lateMs) throw new Error("The leader has not told what the cluster's clock shows.");
  }

  /** Why it is not ready, or null. */
  fault(): string | null {
    const log = this.#log;
    if (log === undefined || !this.#isJoined) return "The member is joining its cluster.";
    if (log.isLost) return "The member has lost the log of its cluster; restart it.";
    if (!this.clock.isKnown) return "The member does not know the clock of its cluster yet.";
    if (log.silentMs > silentMsMax) return "The member hears nothing of its cluster.";
    return null;
  }

  status(): MemberStatus {
    const { epoch = 0, silentMs = 0, counts = {} } = this.#log ?? {};
    return {
      id: this.#member,
      role: this.isLeading ? "leader" : "follower",
      epoch,
      silentMs: Math.round(silentMs),
      entries: counts,
    };
  }

  get counters(): MemberCounters {
    return { takeovers: this.#takeovers, isolations: this.#isolations, appendedBytes: this.#log?.appendedBytes ?? 0 };
  }

  /** @param url where this member listens */
  createLog(replica: Replica, position: Position, url: string): ClusterLog {
    const { logger, redis, advertise } = this.#options;
    this.#log = new ClusterLog({
      redisUrl: redis,
      logId: this.#shared.logId,
      member: this.#member,
      url: advertise ?? url,
      replica,
      position,
      clock: this.clock,
      logger,
      onDeposed: () => this.#led?.follow(),
      onLost: (reason) => {
        logger.error({ reason }, "this member has lost the log of its cluster; restart it");
        this.#led?.lose();
      },
      onSilence: (epoch) => {
        logger.warn({ epoch }, "the leader of the cluster is silent; another member takes over");
        this.#shared.endHolder(epoch).catch(() => {});
      },
      onIsolation: (isIsolated) => this.#isolated(isIsolated),
    });
    return this.#log;
  }

  broadcast(events: readonly ContractEvent[]): void {
    this.#log?.broadcast(events);
  }

  /** Follows, and leads whenever it may. */
  start(led: Led): void {
    this.#led = led;
    void this.#log?.joined.then(() => (this.#isJoined = true));
    this.#reader = new ClockReader({ clock: this.clock, link: this.link, leaderUrl: () => this.leaderUrl });
    this.#leading = this.#campaign();
  }

  /** Another member leads from now on; this one plays what is decided, until `close`. */
  async leave(): Promise<void> {
    this.#led?.follow();
    if (this.isLeading) {
      await Promise.race([this.#log?.settled(), sleep(announcedMsMax)]);
      this.#log?.resign();
    }
    this.#ended.abort();
    await this.#leading;
  }

  async close(): Promise<void> {
    this.#ended.abort();
    this.#reader?.close();
    this.link.close();
    await this.#hold?.close();
    await this.#log?.close();
    await this.store.close();
  }

  #isolated(isIsolated: boolean): void {
    const { logger } = this.#options;
    if (isIsolated) {
      this.#isolations += 1;
      logger.error({}, "this member hears nothing of its cluster: its subscribers are closed until it does");
      this.#led?.isolate();
    } else {
      logger.warn({}, "this member hears its cluster again");
      this.#led?.rejoin();
    }
  }

  /** Begins to wait for the store. */
  #waitForStore(): StoreHold {
    return new StoreHold({ ...this.#options.store, seconds: this.#seconds, signal: this.#ended.signal });
  }

  /** Who finds a market leaves the store to those that follow its log already. */
  async #findMarket(): Promise<void> {
    if ((await this.#shared.loadResume()) !== null) return;
    const hold = (this.#hold = this.#waitForStore());
    do {
      const own = await Promise.race([hold.store, sleep(retryMs)]);
      if (own === undefined) continue;
      // Nobody has begun one, and nobody else can.
      await this.store.hold(own);
      return;
    } while ((await this.#shared.loadResume()) === null);
  }

  async #campaign(): Promise<void> {
    const { signal } = this.#ended;
    await Promise.race([this.#log?.joined, once(signal, "abort")]);
    while (!signal.aborted) {
      const hold = (this.#hold ??= this.#waitForStore());
      const failure = await this.#lead(hold).catch((error: unknown) => error);
      if (failure !== undefined && !signal.aborted)
        this.#options.logger.error({ err: failure }, "this member cannot hold the store of its cluster");
      this.store.release();
      await hold.close();
      this.#hold = undefined;
      if (!signal.aborted) await sleep(retryMs);
    }
  }

  /** Leads as soon as this member has the lock, and takes commands as soon as its store is open; until it loses either. */
  async #lead(hold: StoreHold): Promise<void> {
    await hold.locked;
    const log = this.#log;
    if (log === undefined || log.isLost || !(await isSoonAlive(log))) return;
    if (!this.clock.mayLead(log.silentMs)) return;
    const epoch = await this.#shared.nextEpoch(log.epoch);
    if (!(await log.campaign(epoch, announcedMsMax))) return;
    // Their leader has died before it announced them. Nobody else can store any while this member has the lock.
    const unannounced = await this.#shared.durableCommands(log.position.sequence, unannouncedMax);
    const acceptedNs = this.clock.nowNs();
    const isFirst = !log.hasFollowed;
    log.lead(unannounced.map(({ command }) => ({ command, acceptedNs })));
    this.#takeovers += 1;
    this.#led?.lead(log.proposedTick, isFirst);
    this.#options.logger.warn({ epoch, tick: log.proposedTick, unannounced: unannounced.length }, "this member leads");
    const own = await hold.store;
    // Before they have been played their place is not final, and no other may be stored.
    await log.reach(unannounced.at(-1)?.sequence ?? 0);
    await this.store.hold(own);
    await hold.lost;
  }
}

/** Who just started may not have found Redis yet. */
async function isSoonAlive(log: ClusterLog): Promise<boolean> {
  for (let attempt = 0; attempt < 5 && !log.isAlive; attempt++) await sleep(retryMs);
  return log.isAlive;
}

/** The running system, and the time namespace where there is one: processes with the same share a monotonic clock. */
function hostId(): string {
  const parts = [
    () => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
    () => readlinkSync("/proc/self/ns/time"),
  ].flatMap((read) => {
    try {
      return [read()];
    } catch {
      return [];
    }
  });
  return parts.length > 0 ? parts.join(" ") : hostname();
}

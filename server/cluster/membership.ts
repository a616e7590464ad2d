/**
 * A server as a member of a cluster: it follows the log, and leads whenever it holds the store.
 *
 * Who holds the store's lock may lead; it leads once its announcement has come back through the log. A leader that
 * loses the store goes on deciding until another one is announced; only commands wait meanwhile.
 */
import { hash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { ContractEvent } from "../../schemas/index.js";
import { StartError } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import { realClock } from "../core/clock.js";
import { monotonicMs } from "../core/timers.js";
import type { OpenStoreOptions } from "../store/open-store.js";
import { createSecondCandles } from "../store/second-candles.js";
import { type SharedStore, openSharedStore } from "../store/shared-store.js";
import { describeUnknownClock, startClockPoll } from "./clock-poll.js";
import type { ClusterOptions } from "./cluster-options.js";
import { ClusterClock } from "./cluster-clock.js";
import { ClusterLog } from "./cluster-log.js";
import { CutOff, otherStream } from "./cut-off.js";
import type { Position } from "./entry.js";
import { hostId } from "./host-id.js";
import { LeaderLink } from "./leader-link.js";
import type { LeaderPoll } from "./leader-poll.js";
import type { Led } from "./led.js";
import type { MemberCounters, MemberStatus } from "./member-status.js";
import { MemberStore } from "./member-store.js";
import type { Replica } from "./ordered-log.js";
import { SameStream } from "./same-stream.js";
import { leaderFaults } from "./silence.js";
import { type OwnState, Roster, startRosterPoll } from "./roster.js";
import { StoreHold } from "./store-hold.js";
import { WorldReload } from "./world-reload.js";

export interface JoinOptions extends ClusterOptions {
  readonly token: string;
  readonly store: Omit<OpenStoreOptions, "membership" | "reset">;
  readonly logger: Logger;
}

/** An announcement that has not come back by then does not come back. */
const announcedMsMax = 400;
const retryMs = 100;
/** Who cannot lead for so long does not wait for the lock any more. */
const awayMsMax = 500;
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
  readonly link: LeaderLink;
  #clockPoll: LeaderPoll | undefined;
  #rosterPoll: LeaderPoll | undefined;
  readonly roster = new Roster(() => this.#describe());
  /** Where this member listens. */
  #url = "";
  #hold: StoreHold | undefined;
  #log: ClusterLog | undefined;
  #led: Led | undefined;
  #isJoined = false;
  #takeovers = 0;
  readonly #reload: WorldReload;
  readonly #cutOff: CutOff;
  readonly streams: SameStream;
  #deposed: () => void = () => {};
  #leading: Promise<void> = Promise.resolve();

  private constructor(options: JoinOptions, shared: SharedStore) {
    this.#options = options;
    this.#shared = shared;
    this.link = new LeaderLink(options.token);
    this.store = new MemberStore(shared, this.#seconds);
    this.#cutOff = new CutOff(options.logger, () => this.#led);
    this.streams = new SameStream(
      (name, forMs) => this.#require().claims.claim(name, forMs),
      (isOther) => this.#cutOff.set("otherStream", isOther),
    );
    this.#reload = new WorldReload({
      logger: options.logger,
      signal: this.#ended.signal,
      log: () => this.#log,
      load: async () => {
        this.store.forget();
        await this.#led?.reload();
      },
    });
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
    if (this.streams.isOther) throw new Error(otherStream);
    await this.#log?.barrier();
  }

  /** What a member that recovers clients of the others needs of its cluster. */
  readonly recovery = {
    secret: (): string => `${this.#options.token} ${this.timelineId}`,
    claims: {
      take: (name: string, forMs: number): Promise<boolean> => this.#require().claims.claim(name, forMs),
      release: (name: string): void => this.#log?.claims.release(name),
    },
    caughtUp: async (): Promise<void> => {
      await this.#require().joined;
      await this.barrier();
    },
  } as const;

  /** Resolves when this member knows the cluster's clock. */
  async clockIsKnown(): Promise<void> {
    for (const lateMs = monotonicMs() + clockMsMax; !this.clock.isKnown; await sleep(clockLookMs))
      if (monotonicMs() > lateMs) throw new Error("The leader has not told what the cluster's clock shows.");
  }

  /** Why it is not ready, or null. */
  fault(): string | null {
    const log = this.#log;
    if (log === undefined || !this.#isJoined) return "The member is joining its cluster.";
    if (this.#reload.isUnderWay) return "The member has lost the log of its cluster and loads its world anew.";
    if (this.streams.isOther) return otherStream;
    if (!this.clock.isKnown) return describeUnknownClock(this.leaderUrl, this.#clockPoll?.failure);
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
    const { appendedBytes = 0, fallbackCounts = { fallbackDecisions: 0, droppedBroadcasts: 0 } } = this.#log ?? {};
    return {
      takeovers: this.#takeovers,
      isolations: this.#cutOff.isolations,
      reloads: this.#reload.count,
      appendedBytes,
      ...fallbackCounts,
    };
  }

  /** @param url where this member listens */
  createLog(replica: Replica, position: Position, url: string): ClusterLog {
    const { logger, redis, advertise } = this.#options;
    this.#url = advertise ?? url;
    this.#log = new ClusterLog({
      redisUrl: redis,
      logId: this.#shared.logId,
      member: this.#member,
      url: this.#url,
      replica,
      position,
      row: this.#shared.position,
      clock: this.clock,
      logger,
      onDeposed: () => {
        this.#led?.follow();
        this.#deposed();
      },
      onLost: (reason) => void this.#lose(reason),
      onSuspicion: (epoch, fault) => {
        logger.warn({ epoch }, `${leaderFaults[fault]}; another member takes over`);
        this.#shared.endHolder(epoch).catch(() => {});
      },
      onIsolation: (isIsolated) => this.#cutOff.set("isolated", isIsolated),
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
    const { roster, link, clock } = this;
    const { logger } = this.#options;
    this.#clockPoll = startClockPoll({ clock, link, logger, leaderUrl: () => this.leaderUrl });
    const leaderUrl = () => (this.isLeading ? undefined : this.leaderUrl);
    this.#rosterPoll = startRosterPoll({ roster, link, leaderUrl, streams: this.streams });
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
    this.#clockPoll?.close();
    this.#rosterPoll?.close();
    this.link.close();
    await this.#hold?.close();
    await this.#log?.close();
    await this.store.close();
  }

  #describe(): OwnState {
    const { id, role, epoch, silentMs } = this.status();
    const { tick = 0 } = this.#log?.position ?? {};
    return { id, url: this.#url, role, epoch, tick, subscribers: this.#led?.subscribers() ?? 0, silentMs };
  }

  #require(): ClusterLog {
    if (this.#log === undefined) throw new Error("The member is joining its cluster.");
    return this.#log;
  }

  /** Nobody is served by a world that is not the cluster's, and nothing is written by it. */
  async #lose(reason: "gap" | "diverged"): Promise<void> {
    const reloaded = this.#reload.run(reason);
    this.#cutOff.set("reloading", true);
    this.store.release();
    void this.#hold?.close();
    await reloaded;
    this.#cutOff.set("reloading", this.#reload.isUnderWay);
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

  #mayLead(): boolean {
    return this.#log?.isAlive === true && !this.#reload.isUnderWay && !this.streams.isOther;
  }

  /** Resolves with whether this member has the lock, which it waits for while it may lead. */
  async #isLocked(hold: StoreHold): Promise<boolean> {
    const locked = hold.locked.then(() => true);
    for (let awayMs = 0; awayMs < awayMsMax; awayMs = this.#mayLead() ? 0 : awayMs + retryMs)
      if (await Promise.race([locked, sleep(retryMs, false)])) return true;
    return false;
  }

  async #campaign(): Promise<void> {
    const { signal } = this.#ended;
    await Promise.race([this.#log?.joined, once(signal, "abort")]);
    while (!signal.aborted) {
      // Who may lead without Redis cannot announce it, and only keeps another member from leading.
      if (this.#hold === undefined && !this.#mayLead()) {
        await sleep(retryMs);
        continue;
      }
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
    if (!(await this.#isLocked(hold))) return;
    const log = this.#log;
    if (log === undefined || log.isLost || !(await isSoonAlive(log))) return;
    if (!this.clock.mayLead(log.silentMs)) return;
    const epoch = await this.#shared.nextEpoch(log.epoch);
    if (!(await log.campaign(epoch, announcedMsMax))) return;
    // Nobody else can write it any more: what any leader before has decided is in it, or was read before.
    await log.catchUp().catch((error: unknown) => {
      log.withdraw();
      throw error;
    });
    // Their leader has died before it announced them. Nobody else can store any while this member has the lock.
    const unannounced = await this.#shared.durableCommands(log.position.sequence, unannouncedMax);
    // Whoever leaves meanwhile does not begin.
    if (this.#ended.signal.aborted) return log.withdraw();
    const acceptedNs = this.clock.nowNs();
    const isFirst = !log.hasFollowed;
    const deposed = new Promise<void>((resolve) => void (this.#deposed = resolve));
    this.streams.lead();
    log.lead(unannounced.map(({ command }) => ({ command, acceptedNs })));
    this.#takeovers += 1;
    this.roster.lead(epoch);
    this.#led?.lead(log.proposedTick, isFirst);
    this.#options.logger.warn({ epoch, tick: log.proposedTick, unannounced: unannounced.length }, "this member leads");
    const own = await hold.store;
    // Before they have been played their place is not final, and no other may be stored.
    await log.reach(unannounced.at(-1)?.sequence ?? 0);
    const durable = await this.#shared.durableSequence();
    if (durable >= log.position.sequence) await this.store.hold(own);
    else this.#options.logger.error({}, this.store.refuseCommands(durable, log.position.sequence));
    if (log.isLeading) await Promise.race([hold.lost, deposed]);
  }
}

/** Who just started may not have found Redis yet. */
async function isSoonAlive(log: ClusterLog): Promise<boolean> {
  for (let attempt = 0; attempt < 5 && !log.isAlive; attempt++) await sleep(retryMs);
  return log.isAlive;
}

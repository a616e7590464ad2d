/**
 * Who else is a member of the cluster. Each follower tells the leader of itself, and is answered with what the leader
 * knows of all: so every member knows it, also without Redis and without Postgres. Nothing is decided by it.
 */
import { text } from "node:stream/consumers";
import { type ClusterMember, type Health, createCheck } from "../../schemas/index.js";
import { monotonicMs } from "../core/timers.js";
import type { LeaderLink } from "./leader-link.js";
import { LeaderPoll } from "./leader-poll.js";
import { type SameStream, streamHeader } from "./same-stream.js";

/** Set on a follower's request for the leader's /health: what it tells of itself, as JSON in URL encoding. */
export const memberHeader = "x-max-member";

/** What a member knows of itself. */
export type OwnState = Omit<ClusterMember, "behindTicks" | "heardAgoMs">;

/** Who has told nothing for so long is forgotten. */
const forgottenMs = 60_000;
const membersMax = 1000;

const isMember = createCheck("resources/cluster-member.schema.json");
const isHealth = createCheck("resources/health.schema.json");

export class Roster {
  readonly #own: () => OwnState;
  readonly #nowMs: () => number;
  /** The others, and what the leader has found of this one. */
  readonly #known = new Map<string, { readonly member: ClusterMember; readonly heardMs: number }>();
  #leader: { readonly epoch: number; readonly sinceMs: number } | undefined;

  constructor(own: () => OwnState, nowMs: () => number = monotonicMs) {
    this.#own = own;
    this.#nowMs = nowMs;
  }

  /** This member leads from now on. */
  lead(epoch: number): void {
    this.#leader = { epoch, sinceMs: this.#nowMs() };
  }

  /** How long ago the leader of this epoch began to lead, or null. */
  get leadsForMs(): number | null {
    if (this.#leader?.epoch !== this.#own().epoch) return null;
    return Math.round(this.#nowMs() - this.#leader.sinceMs);
  }

  /** What a follower tells the leader. */
  header(): string {
    return encodeURIComponent(JSON.stringify({ ...this.#own(), behindTicks: 0, heardAgoMs: 0 }));
  }

  /** A follower has told this of itself. What is not of that form is of another version, and is left out. */
  hear(header: string): void {
    const member = parse(header, decodeURIComponent);
    if (!isMember(member)) return;
    const told = member as ClusterMember;
    this.#keep({ ...told, behindTicks: Math.max(0, this.#own().tick - told.tick), heardAgoMs: 0 });
  }

  /** The leader's /health, as it has answered. */
  learn(answer: string): void {
    const health = parse(answer);
    if (!isHealth(health)) return;
    const { member } = health as Health;
    for (const one of member?.members ?? []) this.#keep(one);
    if (member?.leadsForMs === undefined || member.leadsForMs === null) return;
    this.#leader = { epoch: member.epoch, sinceMs: this.#nowMs() - member.leadsForMs };
  }

  /** All that are known of, this one included, by their URLs. */
  members(): ClusterMember[] {
    const own = this.#own();
    const nowMs = this.#nowMs();
    const found: ClusterMember[] = [
      {
        ...own,
        behindTicks: own.role === "leader" ? 0 : (this.#known.get(own.id)?.member.behindTicks ?? 0),
        heardAgoMs: 0,
      },
    ];
    for (const [id, { member, heardMs }] of this.#known) {
      if (nowMs - heardMs > forgottenMs) this.#known.delete(id);
      else if (id !== own.id) found.push({ ...member, heardAgoMs: Math.round(nowMs - heardMs) });
    }
    const epoch = Math.max(...found.map((one) => one.epoch));
    return found
      .map((one): ClusterMember => (one.epoch < epoch ? Object.assign(one, { role: "follower" }) : one))
      .toSorted((one, other) => (one.url < other.url ? -1 : 1));
  }

  #keep(member: ClusterMember): void {
    const heardMs = this.#nowMs() - member.heardAgoMs;
    const known = this.#known.get(member.id);
    if (known === undefined ? this.#known.size < membersMax : known.heardMs <= heardMs)
      this.#known.set(member.id, { member, heardMs });
  }
}

function parse(json: string, decode: (text: string) => string = (text) => text): unknown {
  try {
    return JSON.parse(decode(json));
  } catch {
    return undefined;
  }
}

export interface RosterPollOptions {
  readonly roster: Roster;
  readonly link: LeaderLink;
  /** Of the leader, where that is another member. */
  readonly leaderUrl: () => string | undefined;
  /** Asked for on the way. */
  readonly streams: Pick<SameStream, "question" | "take">;
}

const everyMs = 2000;
const silentMsMax = 1000;

/** Tells the leader, and learns of it, every two seconds until it is closed. */
export function startRosterPoll({ roster, link, leaderUrl, streams }: RosterPollOptions): LeaderPoll {
  async function ask(): Promise<void> {
    const url = leaderUrl();
    if (url === undefined) return;
    const name = await streams.question();
    const headers = { [memberHeader]: roster.header(), ...(name !== undefined && { [streamHeader]: name }) };
    const answer = await link.send(new URL("/health", url), { method: "GET", headers, silentMsMax });
    streams.take(answer.headers[streamHeader]);
    roster.learn(await text(answer));
  }
  return new LeaderPoll(ask, () => everyMs);
}

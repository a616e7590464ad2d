/**
 * One discussion room: its record, when it speaks, and the messages that come of it.
 *
 * When is the business of attention.ts, what of talk.ts, who of authors.ts.
 */
import type { ScenarioDiscussion } from "../../../schemas/index.js";
import { formatInstant } from "../../../schemas/instant.js";
import type { DiscussionPatch, DiscussionView, MessageCause, NewMessage, SimEvent } from "../../core/types.js";
import type { Agent } from "../statuses/agent.js";
import { Attention, type AttentionLaw, type AttentionState } from "./attention.js";
import { Talk, type TalkState, type Utterance } from "./talk.js";
import { typeOf } from "../language/language.js";
import type { MarketSignal, SectorSignal } from "../../core/signals.js";
import { detailOf } from "../language/utterance.js";

/** A room at rest, as plain JSON. */
export interface DiscussionState extends DiscussionView {
  /** Sectors that it talks about. Absent: its own, or all that exist at its next tick. */
  readonly follows?: readonly string[];
  readonly messagesPerMinute?: number;
  readonly attention: AttentionState;
  readonly talk: TalkState;
}

/** A message, and why it was said. */
export interface Said {
  readonly event: SimEvent;
  readonly cause: MessageCause;
}

/** Messages that somebody from outside provokes, answers to the answers not counted. The first answers him. */
const messagesPerVisit = 2.5;
const nothing: ReadonlySet<string> = new Set();
/** As much of what people say is kept for the answer. */
const heardMax = 400;

/** The part of a room's id that its messages' ids end with; distinct for distinct rooms. */
function suffixOf(id: string): string {
  if (/^disc-\d/.test(id)) return `-${id.slice("disc-".length)}`;
  return /^\d/.test(id) ? `.${id}` : `-${id}`;
}

export class Discussion {
  readonly id: string;
  readonly attention: Attention;
  readonly #talk: Talk;
  readonly #suffix: string;
  readonly #createdAtMs: number;
  readonly #messagesPerMinute: number | undefined;
  #title: string;
  #sectorId: string | undefined;
  #follows: ReadonlySet<string> | undefined;
  #messageCount: number;
  #lastMessageAtMs: number | undefined;
  #revision: number;

  constructor(seed: string, state: Omit<DiscussionState, "attention">, attention: Attention) {
    this.id = state.id;
    this.attention = attention;
    this.#talk = new Talk(seed, state.id, state.talk);
    this.#suffix = suffixOf(state.id);
    this.#createdAtMs = state.createdAtMs;
    this.#messagesPerMinute = state.messagesPerMinute;
    this.#title = state.title;
    this.#sectorId = state.sectorId;
    this.#follows = state.follows && new Set(state.follows);
    this.#messageCount = state.messageCount;
    this.#lastMessageAtMs = state.lastMessageAtMs;
    this.#revision = state.revision;
  }

  static opened(seed: string, law: AttentionLaw, room: ScenarioDiscussion, nowMs: number): Discussion {
    const fresh = { messageCount: 0, createdAtMs: nowMs, revision: 1 };
    return new Discussion(
      seed,
      { ...room, ...fresh, talk: { turn: 0, opening: true, uses: {}, unanswered: [] } },
      Attention.begin(law, seed, room.id),
    );
  }

  static restored(seed: string, law: AttentionLaw, state: DiscussionState): Discussion {
    return new Discussion(seed, state, Attention.restored(law, state.attention));
  }

  /** True when the room talks about the sector; about the whole market every room talks. */
  concerns(sectorId: string | undefined): boolean {
    return sectorId === undefined || this.#follows?.has(sectorId) === true;
  }

  /** A new session: the next to speak greets it. */
  greet(): void {
    this.#talk.greet();
  }

  /** Settles which sectors the room talks about, where nobody has said it. */
  settle(sectors: readonly SectorSignal[]): void {
    this.#follows ??= new Set(this.#sectorId === undefined ? sectors.map(({ id }) => id) : [this.#sectorId]);
  }

  /** One tick. */
  step(signal: MarketSignal, agents: readonly Agent[]): Said | undefined {
    const occasion = this.attention.advance(signal.phi, signal.nowMs);
    if (occasion === undefined) return undefined;
    const matter = { sectorId: this.#sectorId, follows: this.#follows ?? nothing };
    const utterance = this.#talk.speak(occasion, signal, agents, matter);
    return utterance && this.#say(utterance, signal);
  }

  #say({ author, content, intent, subjectId: subject }: Utterance, { tick, nowMs }: MarketSignal): Said {
    const id = `msg-${tick}${this.#suffix}`;
    const said = { id, content, authorId: author.id, authorName: author.name, type: typeOf(intent.rule) };
    this.#count(nowMs);
    return {
      event: this.#event(said, nowMs),
      cause: {
        messageId: id,
        kind: intent.kind,
        ...(subject !== undefined && { subject }),
        detail: detailOf(intent),
      },
    };
  }

  /** Somebody from outside has said something. */
  hear({ timestampMs, ...message }: NewMessage): SimEvent {
    this.attention.trigger({ kind: "visit" }, messagesPerVisit);
    this.#talk.hear({ kind: "visitor", who: message.authorName, text: message.content.slice(0, heardMax) });
    this.#count(timestampMs);
    return this.#event(message, timestampMs);
  }

  #count(atMs: number): void {
    this.#messageCount += 1;
    if (this.#lastMessageAtMs === undefined || atMs > this.#lastMessageAtMs) this.#lastMessageAtMs = atMs;
  }

  #event({ id, content, authorId, authorName, type }: Omit<NewMessage, "timestampMs">, atMs: number): SimEvent {
    const message = { id, content, authorId, authorName, timestamp: formatInstant(atMs), type };
    return { entity: this.id, event: "discussion:new_message", payload: { discussionId: this.id, message } };
  }

  /** What a person changes; what stays as it is makes no revision. Of another sector, it talks about that one. */
  patch(patch: DiscussionPatch): void {
    const { title = this.#title } = patch;
    const sectorId = patch.sectorId === undefined ? this.#sectorId : (patch.sectorId ?? undefined);
    const otherSector = sectorId !== this.#sectorId;
    if (!otherSector && title === this.#title) return;
    this.#title = title;
    this.#sectorId = sectorId;
    if (otherSector) this.#follows = undefined;
    this.#revision += 1;
  }

  view(): DiscussionView {
    return {
      id: this.id,
      title: this.#title,
      ...(this.#sectorId !== undefined && { sectorId: this.#sectorId }),
      messageCount: this.#messageCount,
      ...(this.#lastMessageAtMs !== undefined && { lastMessageAtMs: this.#lastMessageAtMs }),
      createdAtMs: this.#createdAtMs,
      revision: this.#revision,
    };
  }

  state(): DiscussionState {
    // Not the view first: see agent.ts.
    return {
      attention: this.attention.state(),
      talk: this.#talk.state(),
      ...this.view(),
      ...(this.#follows !== undefined && { follows: [...this.#follows] }),
      ...(this.#messagesPerMinute !== undefined && { messagesPerMinute: this.#messagesPerMinute }),
    };
  }
}

/**
 * What a room talks about, and in which words.
 *
 * Subject and turn of phrase are the room's, from hashes of its own; only voice and stance are the author's. So
 * another author says the same thing in his own way, and all that follows stays as it was.
 */
import { SIMULATOR_VERSION } from "../../core/version.js";
import type { Agent } from "../statuses/agent.js";
import type { Occasion, Trigger } from "../core/triggers.js";
import { chooseAuthor } from "./authors.js";
import { directionOf, factsOfBoard, factsOfDrift, factsOfMarket, factsOfSubject } from "../language/facts.js";
import { drawFromBag } from "../language/shuffle-bag.js";
import { type Facts, expand } from "../language/grammar.js";
import { hashText, mix, unit } from "../core/hash.js";
import { language } from "../language/language.js";
import type { MarketSignal, SectorSignal } from "../../core/signals.js";
import { type Intent, type Thread, factsOfTrigger, intend, subjectIn } from "../language/utterance.js";
import { stanceOf } from "../language/voices.js";

/** A talk at rest, as plain JSON. */
export interface TalkState {
  /** Occasions to speak so far. */
  readonly turn: number;
  /** True until the session has been greeted. */
  readonly opening: boolean;
  /** How often each rule has been used: all that the shuffle bag needs to remember. */
  readonly uses: Readonly<Record<string, number>>;
  readonly thread?: Thread;
  /** What people have said and nobody has answered yet. */
  readonly unanswered: readonly Trigger[];
}

/** What a room is about. */
export interface Matter {
  readonly sectorId: string | undefined;
  /** Sectors that it talks about. */
  readonly follows: ReadonlySet<string>;
}

/** Something said. */
export interface Utterance {
  readonly author: Agent;
  readonly content: string;
  readonly intent: Intent;
  readonly subjectId: string | undefined;
}

/** More visitors than these at a time do not get an answer each. */
const unansweredMax = 8;
const noFacts: Facts = {};

export class Talk {
  readonly #key: number;
  readonly #uses: Map<string, number>;
  #turn: number;
  #opening: boolean;
  #thread: Thread | undefined;
  readonly #unanswered: Trigger[];

  constructor(seed: string, roomId: string, { turn, opening, uses, thread, unanswered }: TalkState) {
    this.#key = hashText([SIMULATOR_VERSION, seed, "discussion", roomId].join("|"));
    this.#uses = new Map(Object.entries(uses));
    this.#turn = turn;
    this.#opening = opening;
    this.#thread = thread;
    this.#unanswered = [...unanswered];
  }

  /** A new session: the next to speak greets it. */
  greet(): void {
    this.#opening = true;
  }

  /** Somebody from outside has said something: the next to speak answers it. */
  hear(trigger: Trigger): void {
    this.#unanswered.push(trigger);
    if (this.#unanswered.length > unansweredMax) this.#unanswered.shift();
  }

  /** Somebody speaks, or nobody: an agent in error is silent. */
  speak(
    occasion: Occasion,
    signal: MarketSignal,
    agents: readonly Agent[],
    { sectorId, follows }: Matter,
  ): Utterance | undefined {
    const turn = ++this.#turn;
    const board = signal.sectors.filter(({ id }) => follows.has(id));
    const room = { thread: this.#thread, opening: this.#opening, boardSize: board.length };
    const visitor = this.#unanswered.shift();
    const call: Occasion = visitor === undefined ? occasion : { kind: "trigger", trigger: visitor, said: 0 };
    const intent = intend(call, signal, room, (name, cards) => cards[this.#draw(0, cards.length, name)]!);
    const subject = this.#chooseSubject(intent, signal, board, sectorId);
    const subjectId = subject?.id;
    const key = mix(this.#key, signal.tick);
    const author = chooseAuthor(agents, { key, roomKey: this.#key, turn, roomSectorId: sectorId, subjectId, follows });
    // Words are drawFromBag even where nobody is there to speak, so that a newcomer who is moves nothing that follows.
    const content = this.#word(intent, subject, board, signal, author, key);
    this.#remember(intent, subject, signal.nowMs);
    return author && { author, content, intent, subjectId };
  }

  #draw(key: number, size: number, slot: string | undefined): number {
    if (slot === undefined) return drawFromBag(mix(this.#key, key), size, this.#turn);
    const use = this.#uses.get(slot) ?? 0;
    this.#uses.set(slot, use + 1);
    return drawFromBag(mix(this.#key, key), size, use);
  }

  /** The sector to speak of: what it is about, or the next in turn; every other time the room's own. */
  #chooseSubject(
    { subjectId, trigger }: Intent,
    { sectors }: MarketSignal,
    board: readonly SectorSignal[],
    roomSectorId: string | undefined,
  ): SectorSignal | undefined {
    const given = subjectId === undefined ? undefined : sectors.find(({ id }) => id === subjectId);
    if (given !== undefined || board.length === 0) return given;
    const named = trigger?.kind === "visitor" ? subjectIn(trigger.text ?? "", board) : undefined;
    if (named !== undefined) return named;
    const own = board.find(({ id }) => id === roomSectorId);
    if (own !== undefined && this.#draw(1, 2, "subject.own") === 0) return own;
    return board[this.#draw(2, board.length, "subject")];
  }

  #word(
    intent: Intent,
    subject: SectorSignal | undefined,
    board: readonly SectorSignal[],
    signal: MarketSignal,
    author: Agent | undefined,
    key: number,
  ): string {
    const draw = (rule: number, size: number, slot: string | undefined) => this.#draw(rule, size, slot);
    const market = factsOfMarket(signal);
    if (subject === undefined)
      return expand(language, market["phase"] === undefined ? "mood.line" : "quiet", [market], draw);
    const voice = author?.voice ?? "analyst";
    const stance = stanceOf(voice, directionSign(subject.changePercent), unit(mix(author?.key ?? 0, key)));
    const facts = [
      market,
      factsOfBoard(board.length === 0 ? [subject] : board, subject),
      factsOfSubject(subject),
      factsOfDrift(subject, intent.before ?? subject.value),
      intent.trigger === undefined ? noFacts : factsOfTrigger(intent.trigger, subject),
      { topic: intent.topic, trade: subject.id.split("-")[0], voice, stance },
    ];
    return expand(language, intent.rule, facts, draw);
  }

  #remember({ rule, topic, before, trigger }: Intent, subject: SectorSignal | undefined, atMs: number): void {
    if (rule === "opening") this.#opening = false;
    this.#thread = {
      rule,
      topic,
      ...(subject !== undefined && { subjectId: subject.id, before: before ?? subject.value }),
      ...(trigger !== undefined && { trigger }),
      atMs,
    };
  }

  state(): TalkState {
    return {
      turn: this.#turn,
      opening: this.#opening,
      uses: Object.fromEntries(this.#uses),
      ...(this.#thread !== undefined && { thread: this.#thread }),
      unanswered: [...this.#unanswered],
    };
  }
}

function directionSign(percent: number): number {
  const direction = directionOf(percent);
  if (direction === "flat") return 0;
  return direction === "up" ? 1 : -1;
}

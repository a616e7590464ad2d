/**
 * The log's second path: a row in Postgres, where the stream is away, late or silent.
 *
 * A leader writes how far it has decided. Where its oldest proposal has waited too long for the stream, it writes all
 * that it has proposed, in its order, and plays it when it is written. Everybody else reads the row while the stream is
 * silent. Which of it is played, and how, is decided by the state alone.
 */
import type { Command } from "../../simulator/index.js";
import { clearInterval, monotonicMs, setInterval } from "../core/timers.js";
import type { PositionRow } from "../store/position-row.js";
import type { DecidedRow } from "./decided-row.js";
import { type MoveEntry, type Outcome, type Position, isSamePlace } from "./entry.js";
import { decodeRow, encodeRow } from "./entry-text.js";
import type { MemberState } from "./member-state.js";
import { RowNews } from "./row-news.js";
import { RowWatch } from "./row-watch.js";

export interface FallbackPathOptions {
  readonly row: PositionRow;
  readonly state: MemberState;
  /** Whether entries can be appended to the stream. */
  readonly isConnected: () => boolean;
  /** For how long nothing was heard by the stream, milliseconds. */
  readonly streamMs: () => number;
  /** The row was read, and played as far as it goes. @param isNew whether the leader has written it since it was last read */
  readonly onRead: (row: DecidedRow, outcome: Outcome, isNew: boolean) => void;
  /** The row is written. */
  readonly onWritten: () => void;
  /** The leader of this epoch is heard, and writes no row. */
  readonly onUnwritten: (epoch: number) => void;
  /** Another epoch has begun, and its leader has not been heard by the stream. */
  readonly onRefused: () => void;
}

/** Between two writes of the row, at least. */
const everyMs = 20;
/** A row is written at least so often: it tells that its leader is there. */
const beatMs = 200;
/** How long a proposal waits for the stream. */
const lateMs = 150;
/** Silence of the stream after which the row is read, and how often. */
const silentMs = 300;
const readMs = 50;
/** After Postgres has not answered. */
const retryMs = 200;
const commandsMax = 500;
/** How long a leader that the row refuses waits for the announcement of the next one. */
const refusedMsMax = 500;
/** How long a gap in the row waits for the stream. */
const gapMsMax = 1000;

export class FallbackPath {
  readonly #options: FallbackPathOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #watch: RowWatch;
  readonly #sinceMs = new WeakMap<MoveEntry, number>();
  #isWriting = false;
  #number = 0;
  #epoch = 0;
  #written: { readonly position: Position; readonly paceNumber: number } | undefined;
  #writtenMs = Number.NEGATIVE_INFINITY;
  #failedMs = Number.NEGATIVE_INFINITY;
  /** In which another epoch has begun, and since when that is known: this member decides by the stream only. */
  #refused: { readonly epoch: number; readonly sinceMs: number } | undefined;
  #uncertain: Position | undefined;
  #decisions = 0;
  #asked: Promise<void> | undefined;
  #isReading = false;
  #readMs = 0;
  readonly #news = new RowNews();
  /** Since when the row begins behind the own position, without a stream that may have what is missing. */
  #gapMs: number | undefined;

  constructor(options: FallbackPathOptions) {
    this.#options = options;
    const { row, state, onUnwritten } = options;
    this.#watch = new RowWatch({ read: () => row.read(), epoch: () => state.epoch, onUnwritten });
    this.#timer = setInterval(() => this.#look(monotonicMs()), everyMs).unref();
  }

  /** How often this member has decided by the row. */
  get decisions(): number {
    return this.#decisions;
  }

  /** Up to where others may have played what this leader does not know to be decided; undefined where nothing is. */
  get uncertain(): Position | undefined {
    const { position } = this.#options.state;
    const { tick, sequence } = this.#uncertain ?? position;
    return tick > position.tick || sequence > position.sequence ? this.#uncertain : undefined;
  }

  /** For how long no row was written, milliseconds. */
  get silentMs(): number {
    return monotonicMs() - this.#writtenMs;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Resolves when what the row has by now is played, and rejects where it cannot be. One question serves all that ask while it has not been sent. */
  read(): Promise<void> {
    this.#asked ??= Promise.resolve().then(() => {
      this.#asked = undefined;
      return this.#read();
    });
    return this.#asked;
  }

  /** Something may have been proposed: without a stream it is decided at once, or after the write that is under way. */
  proposed(): void {
    const { state, isConnected } = this.#options;
    if (!isConnected() && state.isLeading) this.#look(monotonicMs());
  }

  /** Rejects where another member may have begun to lead. */
  async confirmLead(): Promise<void> {
    const { state, row } = this.#options;
    const { epoch } = await row.read();
    if (!state.isLeading || epoch !== state.epoch) throw new Error("This member may lead no longer.");
  }

  #look(nowMs: number): void {
    const { state, streamMs } = this.#options;
    for (const move of state.waiting) if (!this.#sinceMs.has(move)) this.#sinceMs.set(move, nowMs);
    const refused = this.#refused?.epoch === state.epoch ? this.#refused : undefined;
    if (state.isLeading && refused === undefined) this.#offer(nowMs);
    else if (state.isLeading && nowMs - refused!.sinceMs > refusedMsMax) this.#options.onRefused();
    else if (streamMs() < silentMs) this.#watch.look(nowMs);
    else if (nowMs - this.#readMs >= readMs && !this.#isReading) {
      this.#readMs = nowMs;
      this.#isReading = true;
      void this.read()
        .catch(() => {})
        .finally(() => (this.#isReading = false));
    }
  }

  #isLate(nowMs: number): boolean {
    const [oldest] = this.#options.state.waiting;
    if (oldest === undefined) return false;
    return nowMs - (this.#sinceMs.get(oldest) ?? nowMs) >= (this.#options.isConnected() ? lateMs : 0);
  }

  #offer(nowMs: number): void {
    if (this.#isWriting || nowMs - this.#failedMs < retryMs) return;
    const { state } = this.#options;
    const isDeciding = this.#isLate(nowMs);
    const position = isDeciding ? state.proposedPosition : state.position;
    const isTold =
      this.#written !== undefined &&
      isSamePlace(this.#written.position, position) &&
      this.#written.paceNumber === state.told.number &&
      this.#epoch === state.epoch;
    if (isTold && nowMs - this.#writtenMs < beatMs) return;
    const row = state.row(isDeciding);
    if (row !== undefined) void this.#write(row, isDeciding);
  }

  async #write(row: DecidedRow, isDeciding: boolean): Promise<void> {
    const { state, onWritten } = this.#options;
    const { epoch, tick, sequence, paceNumber } = row;
    this.#isWriting = true;
    if (this.#epoch !== epoch) this.#number = 0;
    this.#epoch = epoch;
    if (isDeciding) this.#uncertain = { tick, sequence };
    try {
      this.#number += 1;
      if (await this.#options.row.write(encodeRow(row), epoch, this.#number)) {
        this.#written = { position: { tick, sequence }, paceNumber };
        this.#writtenMs = monotonicMs();
        if (isDeciding && state.waiting.length > 0) this.#decisions += 1;
        state.takeWritten(row);
        onWritten();
      } else {
        this.#refused = { epoch, sinceMs: monotonicMs() };
      }
    } catch {
      this.#failedMs = monotonicMs();
    } finally {
      this.#isWriting = false;
    }
    if (state.waiting.length > 0) this.proposed();
  }

  #isLasting(nowMs: number): boolean {
    this.#gapMs ??= nowMs;
    if (this.#options.isConnected()) this.#gapMs = nowMs;
    return nowMs - this.#gapMs > gapMsMax;
  }

  async #read(): Promise<void> {
    const { row, state, onRead } = this.#options;
    const askedMs = monotonicMs();
    const { text, epoch, number } = await row.read();
    if (text === null || state.isLost !== undefined) return;
    const decided = decodeRow(text);
    const isNew = this.#news.take(`${epoch}/${number}`, askedMs) && number > 0;
    let outcome: Outcome;
    let before: number;
    do {
      before = state.position.sequence;
      const found = decided.sequence > before ? await row.commands(before, commandsMax) : [];
      const commands = new Map<number, Command>(found.map(({ sequence, command }) => [sequence, command]));
      outcome = state.takeRow(decided, commands);
    } while (
      state.isLost === undefined &&
      before < state.position.sequence &&
      state.position.sequence < decided.sequence
    );
    // The stream may have it all.
    if (outcome === "gap" && !this.#isLasting(monotonicMs())) throw new Error("The row begins too late.");
    if (outcome === "gap") state.lose(outcome);
    else this.#gapMs = undefined;
    onRead(decided, outcome, isNew);
    const { tick, sequence } = state.position;
    if (tick < decided.tick || sequence < decided.sequence) throw new Error("The row cannot be played to its end.");
  }
}

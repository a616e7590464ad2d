/**
 * The store of a member of a cluster: writable while this member holds the lock of the store, and else read-only.
 *
 * Invariant: what ticks yielded is retained until it is known to be durable, whoever wrote it, so that a member that
 * comes to hold the store leaves no gap.
 */
import type { TickBatch } from "../../simulator/index.js";
import { clearInterval, setInterval } from "../core/timers.js";
import { logKey } from "./log-key.js";
import { Deadline } from "../store/deadline.js";
import type { SecondCandles } from "../store/second-candles.js";
import type { SharedStore } from "../store/shared-store.js";
import { StoreError } from "../store/store-error.js";
import type { CommandRecord, Store } from "../store/store.js";

/** How often it is looked up what is durable. */
const lookMs = 2000;
/** Ticks that are retained while nothing becomes durable. */
const retainedMax = 200_000;
const notHeld = "No member of the cluster can write to the store at this moment.";
/** How long a request waits for the store. */
const waitMsMax = 5000;

export class MemberStore implements Store {
  readonly #shared: SharedStore;
  readonly #seconds: SecondCandles;
  readonly #timer: NodeJS.Timeout;
  #retained: TickBatch[] = [];
  /** Where the last command comes, as far as this member knows. */
  #place: CommandRecord | undefined;
  #held: Store | undefined;
  #refusal: string | undefined;

  constructor(shared: SharedStore, seconds: SecondCandles) {
    this.#shared = shared;
    this.#seconds = seconds;
    this.#timer = setInterval(() => void this.#forgetDurable().catch(() => {}), lookMs).unref();
  }

  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /** From now on this member writes. Hands over what nobody has written. */
  async hold(store: Store): Promise<void> {
    if (this.#held === store) return;
    await this.#forgetDurable();
    // First: a member that joins takes the place for final as soon as a later tick is durable.
    if (this.#place !== undefined) store.recordPlace(this.#place);
    for (const batch of this.#retained) store.recordBatch(batch);
    this.#held = store;
  }

  /** The world is loaded anew: what was played of the present one may be wrong. */
  forget(): void {
    this.#retained = [];
    this.#place = undefined;
    this.#seconds.deleteAfter(-1);
  }

  /** This member can write no longer. */
  release(): void {
    this.#held = undefined;
    this.#refusal = undefined;
  }

  /**
   * What was durable before it got its place is so no longer: what this leader would store now follows nothing.
   *
   * @returns the sentence that refuses commands from now on
   */
  refuseCommands(durable: number, played: number): string {
    this.#refusal = `Postgres has gone back, as with a restored backup: it ends with command ${durable}, and the market has played ${played}. Commands are refused. Stop all members, delete the key ${logKey(this.#shared.logId)} in Redis, and start them again to go on from the backup.`;
    return this.#refusal;
  }

  loadResume: Store["loadResume"] = () => (this.#held ?? this.#shared).loadResume();

  begin: Store["begin"] = (timeline) => this.#held?.begin(timeline);

  moveStart: Store["moveStart"] = (...given) => this.#held?.moveStart(...given);

  saveSnapshot: Store["saveSnapshot"] = (snapshot) => this.#held?.saveSnapshot(snapshot);

  saveBackfill: Store["saveBackfill"] = (rows) => this.#held?.saveBackfill(rows);

  recordBatch: Store["recordBatch"] = (batch, reordered) => {
    this.#place = reordered ?? this.#place;
    this.#retained.push(batch);
    if (this.#retained.length > retainedMax) this.#retained.shift();
    if (this.#held !== undefined) {
      this.#held.recordBatch(batch, reordered);
      return;
    }
    for (const candle of batch.closedCandles) if (candle.interval === "1s") this.#seconds.add(candle, batch.tick);
  };

  recordPlace: Store["recordPlace"] = (record) => {
    const { command } = record.entry;
    this.#place = record;
    if (command.type === "deleteSector") this.#seconds.deleteSector(command.id);
    this.#held?.recordPlace(record);
  };

  deadline: Store["deadline"] = () => this.#held?.deadline() ?? new Deadline(waitMsMax);

  commit: Store["commit"] = async (record, deadline) => {
    await this.#require().commit(record, deadline);
    this.#place = record;
  };

  commands: Store["commands"] = (...given) => (this.#held ?? this.#shared).commands(...given);

  messages: Store["messages"] = async (...given) => await this.#require().messages(...given);

  message: Store["message"] = async (...given) => await this.#require().message(...given);

  candles: Store["candles"] = async (...given) => await this.#require().candles(...given);

  response: Store["response"] = async (...given) => await this.#require().response(...given);

  nextSerial: Store["nextSerial"] = () => this.#require().nextSerial();

  truncate: Store["truncate"] = async () => {
    await Promise.resolve();
    throw new StoreError("A cluster's market cannot go back; stop its members and start them with another store.");
  };

  outage: Store["outage"] = () => this.#refusal ?? this.#held?.outage() ?? null;

  close: Store["close"] = async () => {
    clearInterval(this.#timer);
    const held = this.#held;
    this.#held = undefined;
    await held?.close();
    await this.#shared.close();
  };

  #require(): Store {
    if (this.#held === undefined) throw new StoreError(this.#refusal ?? notHeld);
    return this.#held;
  }

  async #forgetDurable(): Promise<void> {
    const durable = await this.#shared.durableTick();
    this.#retained = this.#retained.filter(({ tick }) => tick > durable);
  }
}

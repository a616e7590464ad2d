/**
 * Gathers broadcasts into batches and hands each batch to all members of its namespace.
 *
 * Invariant: nothing overtakes. Whatever else is about to be written to any connection (a direct emit, an
 * acknowledgement, a room's broadcast, a ping) first flushes what has been gathered; a broadcast made
 * while a batch is being handed out waits until everybody has that batch.
 */
import type { Socket } from "socket.io";
import type { BackpressureMonitor } from "./backpressure.js";
import type { ConnectionWriter } from "./connection-writer.js";
import type { CounterSet } from "./counters.js";
import type { SharedDeflate } from "./shared-deflate.js";
import type { Subscriber } from "./subscriber.js";
import { type WirePacket, encodeBatch } from "./wire-batch.js";
import { monotonicMs } from "../core/timers.js";

/** A socket of a namespace with the connection that it lives on. */
export interface Member {
  readonly socket: Socket;
  readonly subscriber: Subscriber;
  /** The subscriber's, at hand for the way that nearly every batch goes. */
  readonly writer: ConnectionWriter;
}

/** Who gets the broadcasts of a namespace. */
export interface Audience {
  /** By socket id. */
  readonly members: ReadonlyMap<string, Member>;
  /** Whether what it gets may be compressed; a connection takes part in one such audience. */
  readonly sharesDeflate: boolean;
}

interface Gathered {
  readonly audience: Audience;
  readonly packets: WirePacket[];
  /** The arguments of each packet, for listeners that watch what goes out. */
  readonly args: (readonly unknown[])[];
}

export class Fanout {
  readonly #counters: CounterSet;
  readonly #backpressure: BackpressureMonitor;
  readonly #deflate: SharedDeflate | undefined;
  #gathered: Gathered | null = null;
  #openBatches = 0;
  #isDelivering = false;

  /** @param deflate where batches are compressed */
  constructor(counters: CounterSet, backpressure: BackpressureMonitor, deflate?: SharedDeflate) {
    this.#counters = counters;
    this.#backpressure = backpressure;
    this.#deflate = deflate;
  }

  /** What is broadcast inside leaves together, also if `broadcasts` throws half-way. */
  batch(broadcasts: () => void): void {
    this.#openBatches += 1;
    try {
      broadcasts();
    } finally {
      this.#openBatches -= 1;
      if (this.#openBatches === 0) this.flush();
    }
  }

  add(audience: Audience, packet: WirePacket, args: readonly unknown[]): void {
    if (this.#gathered !== null && this.#gathered.audience !== audience) this.flush();
    this.#gathered ??= { audience, packets: [], args: [] };
    this.#gathered.packets.push(packet);
    this.#gathered.args.push(args);
    if (this.#openBatches === 0) this.flush();
  }

  /** Hands out what has been gathered, now. */
  flush(): void {
    while (this.#gathered !== null && !this.#isDelivering) {
      const gathered = this.#gathered;
      this.#gathered = null;
      this.#isDelivering = true;
      try {
        this.#deliver(gathered);
      } finally {
        this.#isDelivering = false;
      }
      // Now that everybody has it: these may send something themselves.
      notify(gathered);
    }
  }

  #deliver({ audience, packets }: Gathered): void {
    const counters = this.#counters;
    const startedMs = monotonicMs();
    const plain = encodeBatch(packets);
    const batch = (audience.sharesDeflate && this.#deflate?.compress(plain)) || plain;
    let complete = 0;
    for (const { subscriber, writer } of audience.members.values()) {
      if (writer.isReady) {
        writer.writeBatch(batch);
        complete += 1;
      } else if (this.#backpressure.deliver(subscriber, batch)) complete += 1;
    }
    const seconds = (monotonicMs() - startedMs) / 1000;
    counters.batches += 1;
    counters.fanoutSeconds += seconds;
    counters.fanoutSecondsMax = Math.max(counters.fanoutSecondsMax, seconds);
    for (const { event } of packets) counters.deliveries.add(event, complete);
  }
}

/** Tells listeners that watch what goes out. */
function notify({ audience, args }: Gathered): void {
  for (const { socket } of audience.members.values()) {
    for (const listener of socket.listenersAnyOutgoing()) for (const one of args) listener.apply(socket, [...one]);
  }
}

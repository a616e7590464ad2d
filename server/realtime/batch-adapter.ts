/**
 * Socket.IO's adapter for a namespace, with broadcasts to everybody gathered into batches.
 *
 * All other broadcasts (rooms, exceptions, volatile, binary, with an acknowledgement) flush what has been
 * gathered and take the stock path. Whoever counts `packetCreate` events of a connection does not see
 * what was written directly.
 */
import type { Namespace, Socket } from "socket.io";
import { Adapter, type BroadcastOptions, type Room, type Session, type SocketId } from "socket.io-adapter";
import type { ContractEvent } from "../../schemas/index.js";
import type { Audience, Fanout, Member } from "./fanout.js";
import { type PacketEncoder, encoderOf } from "./internals.js";
import type { Recovery } from "./recovery.js";
import type { Subscriber } from "./subscriber.js";
import { type WirePacket, eventType, packetOf } from "./wire-batch.js";

const defaultNamespace = "/";

interface EventPacket {
  readonly type: number;
  readonly data: unknown[];
  readonly id?: number;
  nsp?: string;
}

export interface BatchAdapterContext {
  readonly fanout: Fanout;
  subscriberOf(socket: Socket): Subscriber | undefined;
  /** There when connection state recovery is on. */
  readonly recovery: Recovery | undefined;
  /** Broadcasts cannot be encoded here, because this member is missing. */
  reportMissing(member: string): void;
}

/** The class that Socket.IO makes one of for each namespace; every one is a `BatchAdapter`. */
export function createBatchAdapter(context: BatchAdapterContext): typeof Adapter {
  return class extends BatchAdapter {
    constructor(namespace: Namespace) {
      super(namespace, context);
    }
  };
}

export class BatchAdapter extends Adapter {
  readonly #context: BatchAdapterContext;
  readonly #members = new Map<SocketId, Member>();
  readonly #audience: Audience;
  readonly #packetEncoder: PacketEncoder | null;

  constructor(namespace: Namespace, context: BatchAdapterContext) {
    super(namespace);
    this.#context = context;
    this.#audience = { members: this.#members, sharesDeflate: namespace.name === defaultNamespace };
    this.#packetEncoder = encoderOf(namespace);
    if (this.#packetEncoder === null) context.reportMissing("socket.io Server.encoder");
  }

  /**
   * Broadcasts an event of the contract to the whole default namespace.
   *
   * @param offset where connection state recovery is on
   */
  publish(event: ContractEvent, offset?: string): WirePacket {
    const args: unknown[] = [event.event, event.payload];
    if (offset !== undefined) args.push(offset);
    const packet = packetOf(event, offset);
    this.#context.fanout.add(this.#audience, packet, args);
    return packet;
  }

  /**
   * What application code emits past the contract, encoded by Socket.IO; never skipped for who is behind, and not
   * recovered: it has the offset of the event before it.
   */
  override broadcast(packet: EventPacket, options: BroadcastOptions): void {
    const isVolatile = options.flags?.volatile === true;
    if (packet.type === eventType && packet.id === undefined && !isVolatile) {
      const offset = this.#context.recovery?.offset;
      if (offset !== undefined) packet.data.push(offset);
    }
    const isForAll = options.rooms.size === 0 && (options.except === undefined || options.except.size === 0);
    const text = isForAll && !isVolatile ? this.#encodeText(packet) : undefined;
    if (text === undefined) {
      this.#context.fanout.flush();
      super.broadcast(packet, options);
    } else {
      this.#context.fanout.add(
        this.#audience,
        { event: String(packet.data[0]), text, conflationKey: null },
        packet.data,
      );
    }
  }

  override broadcastWithAck(...args: Parameters<Adapter["broadcastWithAck"]>): void {
    this.#context.fanout.flush();
    super.broadcastWithAck(...args);
  }

  override addAll(id: SocketId, rooms: Set<Room>): void {
    void super.addAll(id, rooms);
    if (this.#members.has(id)) return;
    const socket = (this.nsp as Namespace).sockets.get(id);
    const subscriber = socket && this.#context.subscriberOf(socket);
    if (socket === undefined || subscriber === undefined) return;
    this.#members.set(id, { socket, subscriber, writer: subscriber.writer });
  }

  override delAll(id: SocketId): void {
    const member = this.#members.get(id);
    if (member !== undefined && (this.nsp as Namespace).name === defaultNamespace) member.subscriber.hasJoined = false;
    this.#members.delete(id);
    this.#context.recovery?.release(id);
    super.delAll(id);
  }

  override restoreSession(pid: string, offset: string): Promise<Session> {
    const leave = (sid: string) => void (this.nsp as Namespace).sockets.get(sid)?.disconnect(true);
    // Socket.IO takes null for "unknown", which the declared type leaves out.
    return (this.#context.recovery?.restore(pid, offset, leave) ?? Promise.resolve(null)) as Promise<Session>;
  }

  override close(): void {
    this.#context.recovery?.close();
  }

  /** The packet as one string, or undefined when it is binary. */
  #encodeText(packet: EventPacket): string | undefined {
    packet.nsp = (this.nsp as Namespace).name;
    const encoded = this.#packetEncoder?.encode(packet);
    const only = encoded?.length === 1 ? encoded[0] : undefined;
    return typeof only === "string" ? only : undefined;
  }
}

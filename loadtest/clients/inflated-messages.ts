/**
 * Compressed messages (RFC 7692) of servers that send the same bytes to many: each is inflated once for all subscribers
 * of this process, and everybody else's bytes are compared with those.
 *
 * Invariant: a subscriber gets exactly what a client would inflate that has received the same messages. One that begins
 * is only let into a history that was inflated from there on with an empty window; one whose next message is not the
 * history's next has it inflated with its own window.
 */
import { isUtf8 } from "node:buffer";
import { constants, inflateRawSync } from "node:zlib";
import { SyncInflate } from "../core/sync-inflate.js";
import { compressedTextFrame, createFrameHeader, encodeServerFrame, opcodes, readFrameHeader } from "../core/frames.js";
import type { ExpectedBatch } from "../oracle/expected-batch.js";
import { invalidUtf8, messageBytesMax, tooLongMessage } from "./message-reader.js";
import { type ProtocolViolation, violation } from "./protocol-violation.js";

type Wire = ExpectedBatch["wire"];

/** What the sender of a message leaves out at its end (section 7.2.2). */
const trailer = Buffer.from([0x00, 0x00, 0xff, 0xff]);
const windowBytesMax = 32_768;
const noWindow = Buffer.alloc(0);
/** Messages are small; Node.js takes 16 KiB for each otherwise. */
const chunkSize = 1_024;
/** A batch that two chunks share is counted event by event: there are few. */
const chunkBytes = 262_144;
/** Messages at which a subscriber may begin. */
const recentMax = 2_048;

const notDeflate = violation("WebSocket", "inflate", "a compressed message that cannot be inflated");

interface Inflated {
  readonly isText: boolean;
  /** As it was received. */
  readonly compressed: Buffer;
  readonly payload: Buffer;
}

/** Consecutive messages of one history, as the frames that a server writes. */
class Chunk {
  readonly history: History;
  /** What the first message may refer to. */
  readonly before: Buffer;
  readonly bytes: Buffer;
  readonly ends: number[] = [];
  readonly messages: Inflated[] = [];
  next: Chunk | undefined;
  /** What the subscribers before have found: messages that are the items of one batch, one after the other. */
  readonly #runs: (KnownRun | undefined)[] = [];

  constructor(history: History, before: Buffer, bytes: number) {
    this.history = history;
    this.before = before;
    this.bytes = Buffer.allocUnsafeSlow(bytes);
  }

  startOf(index: number): number {
    return index === 0 ? 0 : this.ends[index - 1]!;
  }

  /** The end of the messages from this one on that are the batch's items from that one on: itself where it is not. */
  runEnd(index: number, { wire, size }: ExpectedBatch, item: number): number {
    const run = this.#runs[index];
    if (run !== undefined && run.wire === wire && run.itemsBefore === index - item) {
      // Found whole, or as far as messages were there: those that have come since are looked at.
      if (run.end - run.itemsBefore === size || run.end === this.messages.length) return run.end;
    }
    let end = index;
    while (end < this.messages.length && end - index < size - item && this.#is(end, wire, item + end - index)) end += 1;
    const found: KnownRun = { wire, itemsBefore: index - item, end };
    for (let at = index; at < end; at += 1) this.#runs[at] = found;
    return end;
  }

  #is(index: number, wire: Wire, item: number): boolean {
    const { payload, isText } = this.messages[index]!;
    const end = wire.ends[item]!;
    const from = end - payload.length;
    const start = item === 0 ? 0 : wire.ends[item - 1]!;
    const isSame = isText && from - start >= 2 && from - start === headerBytesOf(wire, start);
    return isSame && wire.bytes.compare(payload, 0, payload.length, from, end) === 0;
  }
}

interface KnownRun {
  readonly wire: Wire;
  /** How far the numbers of messages and of items are apart. */
  readonly itemsBefore: number;
  /** Behind its last message. */
  readonly end: number;
}

function headerBytesOf({ bytes }: Wire, start: number): number {
  const length = bytes[start + 1]!;
  return length < 126 ? 2 : length === 126 ? 4 : 10;
}

/** Messages from one on, and what the next may refer to. */
class History {
  last: Chunk;
  /** The window is the end of what was written here. */
  readonly #bytes = Buffer.allocUnsafeSlow(4 * windowBytesMax);
  #length = 0;
  /** Behind the last message; made anew where it is not. */
  #stream: SyncInflate | undefined;

  constructor(window: Buffer) {
    this.window = window;
    this.last = new Chunk(this, window, chunkBytes);
  }

  /** The shortest that was shown to be enough. Valid until the next message. */
  get window(): Buffer {
    return this.#bytes.subarray(Math.max(0, this.#length - windowBytesMax), this.#length);
  }

  set window(window: Buffer) {
    this.#length = window.copy(this.#bytes);
    this.#stream = undefined;
  }

  /** Inflates the next message. */
  inflate(compressed: Buffer): Buffer | ProtocolViolation {
    this.#stream ??= new SyncInflate(this.window);
    const payload = this.#stream.write(Buffer.concat([compressed, trailer]));
    if (payload === undefined) this.#stream = undefined;
    return payload ?? inflate(compressed, this.window);
  }

  /** What was inflated last was not the next message. */
  goBack(): void {
    this.#stream = undefined;
  }

  /** That was the next message. */
  extend(payload: Buffer): void {
    const added = payload.subarray(-windowBytesMax);
    if (this.#length + added.length > this.#bytes.length) this.#length = Buffer.from(this.window).copy(this.#bytes);
    this.#length += added.copy(this.#bytes, this.#length);
  }
}

/** A message in its history. */
interface Place {
  readonly chunk: Chunk;
  readonly index: number;
  /** From here on all was inflated with an empty window at first. */
  isStart: boolean;
}

function extend(window: Buffer, payload: Buffer): Buffer {
  return Buffer.concat([window, payload]).subarray(-windowBytesMax);
}

function inflate(compressed: Buffer, window: Buffer): Buffer | ProtocolViolation {
  const options = {
    finishFlush: constants.Z_SYNC_FLUSH,
    maxOutputLength: messageBytesMax,
    chunkSize,
    ...(window.length > 0 && { dictionary: window }),
  };
  try {
    return inflateRawSync(Buffer.concat([compressed, trailer]), options);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE" ? tooLongMessage : notDeflate;
  }
}

/** All histories of a process. */
export class InflatedMessages {
  /** Messages of late, by their compressed bytes. */
  readonly #recent = new Map<string, Place>();

  /** The message of a subscriber that has received what the window holds. */
  locate(compressed: Buffer, isText: boolean, window: Buffer): Place | ProtocolViolation {
    const known = this.#recent.get(compressed.toString("latin1"));
    if (known?.isStart === true && known.chunk.messages[known.index]!.isText === isText) return known;
    const payload = this.#check(inflate(compressed, window), isText);
    if (!Buffer.isBuffer(payload)) return payload;
    const after = extend(window, payload);
    if (known !== undefined && this.#agrees(known, isText, payload, after)) {
      known.isStart ||= window.length === 0;
      return known;
    }
    const message = { compressed: Buffer.from(compressed), isText, payload };
    return this.#add(new History(window), message, window.length === 0);
  }

  /** The message behind the last of a history; what is wrong with it otherwise. */
  append(history: History, compressed: Buffer, isText: boolean): Place | ProtocolViolation {
    const payload = this.#check(history.inflate(compressed), isText);
    if (!Buffer.isBuffer(payload)) {
      history.goBack();
      return payload;
    }
    return this.#add(history, { compressed: Buffer.from(compressed), isText, payload }, false);
  }

  #check(payload: Buffer | ProtocolViolation, isText: boolean): Buffer | ProtocolViolation {
    return Buffer.isBuffer(payload) && isText && !isUtf8(payload) ? invalidUtf8 : payload;
  }

  /** Whether what follows a message in its history is the same for a subscriber with another window. */
  #agrees({ chunk, index }: Place, isText: boolean, payload: Buffer, after: Buffer): boolean {
    const message = chunk.messages[index]!;
    if (message.isText !== isText || !message.payload.equals(payload)) return false;
    let window = after;
    let at = index + 1;
    for (let of: Chunk | undefined = chunk; of !== undefined; of = of.next, at = 0)
      for (const { compressed, payload: expected } of of.messages.slice(at)) {
        const inflated = inflate(compressed, window);
        if (!Buffer.isBuffer(inflated) || !inflated.equals(expected)) return false;
        window = extend(window, inflated);
      }
    if (window.length < chunk.history.window.length) chunk.history.window = window;
    return true;
  }

  #add(history: History, message: Inflated, isStart: boolean): Place {
    const frame = encodeServerFrame(message.isText ? opcodes.text : opcodes.binary, message.compressed, true);
    let chunk = history.last;
    const from = chunk.ends.at(-1) ?? 0;
    if (from + frame.length > chunk.bytes.length) {
      chunk = new Chunk(history, Buffer.from(history.window), Math.max(frame.length, chunkBytes));
      history.last.next = chunk;
      history.last = chunk;
    }
    const start = chunk.ends.at(-1) ?? 0;
    frame.copy(chunk.bytes, start);
    chunk.ends.push(start + frame.length);
    chunk.messages.push(message);
    history.extend(message.payload);
    const place: Place = { chunk, index: chunk.messages.length - 1, isStart };
    const key = message.compressed.toString("latin1");
    this.#recent.delete(key);
    this.#recent.set(key, place);
    if (this.#recent.size > recentMax) this.#recent.delete(this.#recent.keys().next().value!);
    return place;
  }
}

const header = createFrameHeader();

interface Run {
  bytes: Buffer;
  from: number;
  to: number;
}

/** Where one subscriber is: in which history, and behind which of its messages. */
export class InflatePosition {
  readonly #messages: InflatedMessages;
  /** The server compresses each message for itself. */
  readonly #forgets: boolean;
  #chunk: Chunk | undefined;
  /** The next message of the chunk. */
  #index = 0;
  /** What it has received before a message of the chunk, and which; undefined: all that the chunk has before its first. */
  #before: Buffer | undefined;
  #first = 0;
  #runEnd = 0;
  /** What `findRun` has found: frames in these bytes. */
  readonly run: Run = { bytes: noWindow, from: 0, to: 0 };

  constructor(messages: InflatedMessages, forgets: boolean) {
    this.#messages = messages;
    this.#forgets = forgets;
  }

  /** Inflates the next message. The result is not to be changed. */
  read(compressed: Buffer, isText: boolean): Buffer | ProtocolViolation {
    this.#stepIntoNext();
    const chunk = this.#chunk;
    const next = chunk?.messages[this.#index];
    if (chunk === undefined || this.#forgets) return this.#jump(compressed, isText, noWindow);
    if (next !== undefined) {
      if (next.isText !== isText || !next.compressed.equals(compressed))
        return this.#jump(compressed, isText, this.#window(chunk));
      this.#index += 1;
      return next.payload;
    }
    const place = this.#messages.append(chunk.history, compressed, isText);
    if (!("chunk" in place)) return place;
    this.#stepIntoNext();
    this.#index = place.index + 1;
    return place.chunk.messages[place.index]!.payload;
  }

  /** Goes on in another history, or elsewhere in the same. */
  #jump(compressed: Buffer, isText: boolean, window: Buffer): Buffer | ProtocolViolation {
    const place = this.#messages.locate(compressed, isText, window);
    if (!("chunk" in place)) return place;
    this.#chunk = place.chunk;
    this.#first = place.index;
    this.#index = place.index + 1;
    // Of a start nothing before it is needed.
    this.#before = place.isStart ? noWindow : window;
    return place.chunk.messages[place.index]!.payload;
  }

  /** What it has received of late. */
  #window({ before, messages }: Chunk): Buffer {
    const received = messages.slice(this.#first, this.#index).map(({ payload }) => payload);
    return Buffer.concat([this.#before ?? before, ...received]).subarray(-windowBytesMax);
  }

  /** Steps into the next chunk once one is there. */
  #stepIntoNext(): void {
    const chunk = this.#chunk;
    if (chunk?.next === undefined || this.#index < chunk.messages.length) return;
    this.#chunk = chunk.next;
    this.#index = this.#first = 0;
    this.#before = undefined;
  }

  /** Finds the known messages from here on that are the batch's items from this one on; false where the next is not. */
  findRun(batch: ExpectedBatch, item: number): boolean {
    this.#stepIntoNext();
    const chunk = this.#chunk;
    if (chunk === undefined || this.#forgets) return false;
    const first = this.#index;
    const end = chunk.runEnd(first, batch, item);
    if (end === first) return false;
    this.#runEnd = end;
    this.run.bytes = chunk.bytes;
    this.run.from = chunk.startOf(first);
    this.run.to = chunk.ends[end - 1]!;
    return true;
  }

  /**
   * Inflates the messages that lie whole in these bytes and that nobody has received before, so that `findRun` finds
   * them. What is wrong with one, `read` returns.
   */
  learn(bytes: Buffer, start: number, end: number): boolean {
    const chunk = this.#chunk;
    if (chunk === undefined || this.#forgets || this.#index < chunk.messages.length) return false;
    let offset = start;
    while (readFrameHeader(bytes, offset, end, header) && bytes[offset] === compressedTextFrame && !header.masked) {
      const from = offset + header.payloadOffset;
      const to = from + header.payloadBytes;
      if (to > end || !("chunk" in this.#messages.append(chunk.history, bytes.subarray(from, to), true))) break;
      offset = to;
    }
    return offset > start;
  }

  /** The run has arrived up to `end` of its bytes. Returns how many of its frames are complete. */
  take(end: number): number {
    const { ends } = this.#chunk!;
    const first = this.#index;
    if (end === this.run.to) this.#index = this.#runEnd;
    else while (this.#index < ends.length && ends[this.#index]! <= end) this.#index += 1;
    return this.#index - first;
  }

  /** Where the frame begins that has arrived in part. */
  get frameStart(): number {
    return this.#chunk!.startOf(this.#index);
  }
}

/**
 * Reads one server's WebSocket frames (RFC 6455; compressed messages are left compressed) and puts fragmented messages together.
 *
 * Accepts every legal way to cut and fragment, and rejects what the stock client's receiver (`ws`) rejects, as soon as
 * the offending bytes have arrived. One thing more: a length in a longer form than needed, which section 5.2 forbids.
 */
import { isUtf8 } from "node:buffer";
import { createFrameHeader, opcodes, readFrameHeader } from "../core/frames.js";
import { type ByteBudget, PendingBytes } from "./pending-bytes.js";
import { type ProtocolViolation, violation } from "./protocol-violation.js";

/** Of one message, all its fragments together: the default of Socket.IO for what it receives itself. */
export const messageBytesMax = 1_000_000;

/** What one step of reading gives. */
export type Received =
  /** The bytes end within a frame, or within a message. */
  | { readonly kind: "incomplete" | "ignored" }
  /** `payload` is valid until the next step. */
  | { readonly kind: "text" | "binary" | "ping"; readonly payload: Buffer }
  /** A compressed message, with permessage-deflate. */
  | { readonly kind: "deflated"; readonly isText: boolean; readonly payload: Buffer }
  | { readonly kind: "close"; readonly code: number }
  | { readonly kind: "violation"; readonly violation: ProtocolViolation };

const incomplete: Received = { kind: "incomplete" };
const ignored: Received = { kind: "ignored" };
const controlBytesMax = 125;
/** No close code was given. */
const noCode = 1005;

function broken(keyword: string, detail: string): Received {
  return { kind: "violation", violation: violation("WebSocket", keyword, detail) };
}

const broken126 = broken("length-form", "a frame's length is not in its shortest form (RFC 6455, section 5.2)");
export const invalidUtf8 = violation("WebSocket", "utf-8", "a text message or close reason is not valid UTF-8");
export const tooLongMessage = violation(
  "WebSocket",
  "message-too-long",
  `a message of more than ${messageBytesMax} bytes`,
);

/** Codes that may be sent in a close frame (section 7.4). */
function isCloseCode(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
}

/** All readers of a process look at one header at a time. */
const header = createFrameHeader();

export class MessageReader {
  readonly #budget: ByteBudget;
  /** The beginning of a frame. */
  #frame: PendingBytes | undefined;
  /** The fragments of a message so far. */
  #message: PendingBytes | undefined;
  /** Of the fragmented message; 0 when there is none. */
  #opcode = 0;
  /** Whether that is compressed. */
  #isCompressed = false;
  /** Where the last step ended: the next frame begins there. */
  next = 0;
  /** permessage-deflate was agreed. */
  inflates = false;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  /** Whether the next byte begins a message. */
  get isBetweenMessages(): boolean {
    return this.#frame === undefined && this.#opcode === 0;
  }

  /** Takes at most one frame from `offset` on, and sets `next`. */
  read(bytes: Buffer, offset: number, end: number): Received {
    this.next = end;
    if (this.#frame !== undefined) return this.#resume(this.#frame, bytes, offset, end);
    const size = this.#inspect(bytes, offset, end);
    if (typeof size !== "number") return size;
    if (end - offset < size) {
      this.#frame = new PendingBytes(this.#budget);
      return this.#keep(this.#frame, bytes, offset, end);
    }
    this.next = offset + size;
    return this.#complete(bytes.subarray(offset + header.payloadOffset, offset + size));
  }

  /** Gives up what is incomplete. */
  discard(): void {
    this.#frame?.take();
    this.#message?.take();
    this.#frame = undefined;
    this.#message = undefined;
    this.#opcode = 0;
  }

  #resume(frame: PendingBytes, bytes: Buffer, start: number, end: number): Received {
    let offset = start;
    for (;;) {
      const size = this.#inspect(frame.view, 0, frame.length);
      if (typeof size !== "number") return size;
      if (frame.length === size) break;
      const to = Math.min(end, offset + size - frame.length);
      if (to === offset) return incomplete;
      const kept = this.#keep(frame, bytes, offset, to);
      if (kept !== incomplete) return kept;
      offset = to;
    }
    this.next = offset;
    this.#frame = undefined;
    const { payloadOffset } = header;
    return this.#complete(frame.take().subarray(payloadOffset));
  }

  #keep(pending: PendingBytes, bytes: Buffer, from: number, to: number): Received {
    if (pending.append(bytes, from, to)) return incomplete;
    return broken(
      "unfinished-bytes",
      `more than ${this.#budget.max} bytes of unfinished messages from the server in one process`,
    );
  }

  /** Bytes of the frame as far as its header is there: more may turn out to be needed. */
  #inspect(bytes: Buffer, offset: number, end: number): number | Received {
    if (end - offset < 2) return 2;
    const fault = this.#inspectStart(bytes[offset]!, bytes[offset + 1]!);
    if (fault !== undefined) return fault;
    if (!readFrameHeader(bytes, offset, end, header)) return (bytes[offset + 1]! & 0x7f) === 126 ? 4 : 10;
    const { payloadOffset, payloadBytes, opcode } = header;
    if ((payloadOffset === 4 && payloadBytes < 126) || (payloadOffset === 10 && payloadBytes < 65_536))
      return broken126;
    const isData = opcode < opcodes.close;
    if (isData && payloadBytes + (this.#message?.length ?? 0) > messageBytesMax)
      return { kind: "violation", violation: tooLongMessage };
    return payloadOffset + payloadBytes;
  }

  /** The first two bytes of a frame. */
  #inspectStart(first: number, second: number): Received | undefined {
    const opcode = first & 0x0f;
    const isControl = opcode >= opcodes.close;
    const isFinal = (first & 0x80) !== 0;
    const length = second & 0x7f;
    // RSV1 begins a compressed message, where that was agreed.
    const mayBeCompressed = this.inflates && !isControl && opcode !== opcodes.continuation;
    if ((first & (mayBeCompressed ? 0x30 : 0x70)) !== 0)
      return broken("reserved-bits", "a frame with reserved bits set, and no extension agreed that allows them");
    if (opcode > opcodes.pong || (opcode > opcodes.binary && !isControl))
      return broken("reserved-opcode", `a frame with the reserved opcode ${opcode}`);
    if (opcode === opcodes.continuation && this.#opcode === 0)
      return broken("continuation", "a continuation frame without a message to continue");
    if (opcode !== opcodes.continuation && !isControl && this.#opcode !== 0)
      return broken("interleaved-message", "a new message before the last fragment of the one before");
    if (isControl && !isFinal) return broken("fragmented-control", "a fragmented control frame");
    if (isControl && length > controlBytesMax)
      return broken("long-control", `a control frame of more than ${controlBytesMax} bytes`);
    if ((second & 0x80) !== 0) return broken("masked", "a masked frame from the server");
    if (opcode === opcodes.close && length === 1) return broken("close-code", "a close frame with half a close code");
    return undefined;
  }

  #complete(payload: Buffer): Received {
    const { opcode, final, compressed } = header;
    if (opcode === opcodes.ping) return { kind: "ping", payload };
    if (opcode === opcodes.pong) return ignored;
    if (opcode === opcodes.close) return readClose(payload);
    if (final && this.#opcode === 0) return complete(opcode, payload, compressed);
    if (this.#opcode === 0) {
      this.#opcode = opcode;
      this.#isCompressed = compressed;
    }
    this.#message ??= new PendingBytes(this.#budget);
    const kept = this.#keep(this.#message, payload, 0, payload.length);
    if (kept !== incomplete || !final) return kept;
    const message = complete(this.#opcode, this.#message.take(), this.#isCompressed);
    this.#message = undefined;
    this.#opcode = 0;
    return message;
  }
}

function complete(opcode: number, payload: Buffer, isCompressed: boolean): Received {
  if (isCompressed) return { kind: "deflated", isText: opcode === opcodes.text, payload };
  if (opcode === opcodes.binary) return { kind: "binary", payload };
  return isUtf8(payload) ? { kind: "text", payload } : { kind: "violation", violation: invalidUtf8 };
}

function readClose(payload: Buffer): Received {
  if (payload.length === 0) return { kind: "close", code: noCode };
  const code = payload.readUInt16BE(0);
  if (!isCloseCode(code)) return broken("close-code", `a close frame with the code ${code}, which may not be sent`);
  return isUtf8(payload.subarray(2)) ? { kind: "close", code } : { kind: "violation", violation: invalidUtf8 };
}

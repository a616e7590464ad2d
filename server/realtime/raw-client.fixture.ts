/** A Socket.IO client as bare as it can be: it can stop reading, lie, and send what no library would. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type Socket, connect } from "node:net";

/** A masked WebSocket frame, as clients must send it. */
export function maskedFrame(opcode: number, payload: Buffer | string): Buffer {
  const bytes = Buffer.from(payload);
  const mask = randomBytes(4);
  const header = bytes.length < 126 ? Buffer.from([0x80 | opcode, 0x80 | bytes.length]) : Buffer.alloc(4);
  if (bytes.length >= 126) {
    header[0] = 0x80 | opcode;
    header[1] = 0x80 | 126;
    header.writeUInt16BE(bytes.length, 2);
  }
  return Buffer.concat([header, mask, bytes.map((byte, index) => byte ^ mask[index % 4])]);
}

export const textOpcode = 1;
const closeOpcode = 8;
export const pingOpcode = 9;
/** RSV1, beside an opcode. */
export const compressedBit = 0x40;

export class RawClient {
  readonly socket: Socket;
  /** Text frames received, without those of the handshake. */
  readonly texts: string[] = [];
  isClosed = false;
  /** The head of the answer to the upgrade. */
  answer = "";
  /** The code that the server has closed with. */
  closeCode: number | undefined;
  /** Messages that came compressed; they are not in `texts`. */
  compressed = 0;
  #bytes = Buffer.alloc(0);
  #isUpgraded = false;

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("error", () => {});
    this.socket.on("close", () => void (this.isClosed = true));
    this.socket.on("data", (bytes) => this.#read(bytes));
  }

  /** Connects over WebSocket, without joining the namespace; `extensions` are what it offers. */
  static async open(port: number, extensions?: string): Promise<RawClient> {
    const client = new RawClient(port);
    const offer = extensions === undefined ? "" : `Sec-WebSocket-Extensions: ${extensions}\r\n`;
    client.socket.write(
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n" +
        `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${offer}\r\n`,
    );
    await client.takeText("0");
    return client;
  }

  /** Connects and joins the default namespace. */
  static async join(port: number, extensions?: string): Promise<RawClient> {
    const client = await RawClient.open(port, extensions);
    client.sendText("40");
    await client.takeText("40");
    return client;
  }

  sendText(text: string): void {
    this.socket.write(maskedFrame(textOpcode, text));
  }

  /** The payloads of all events received, with their names. */
  events(): unknown[][] {
    return this.texts.filter((text) => text.startsWith("42")).map((text) => JSON.parse(text.slice(2)) as unknown[]);
  }

  /** Waits for a text that begins like this and takes it away. */
  async takeText(prefix: string): Promise<string> {
    for (;;) {
      const index = this.texts.findIndex((text) => text.startsWith(prefix));
      if (index >= 0) return this.texts.splice(index, 1)[0];
      if (this.isClosed) throw new Error(`closed before a text beginning with ${prefix}`);
      await Promise.race([once(this.socket, "data"), once(this.socket, "close")]);
    }
  }

  #read(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    if (!this.#isUpgraded) {
      const end = this.#bytes.indexOf("\r\n\r\n");
      if (end === -1) return;
      this.#isUpgraded = true;
      this.answer = this.#bytes.toString("latin1", 0, end);
      this.#bytes = this.#bytes.subarray(end + 4);
    }
    for (let frame = this.#takeFrame(); frame !== null; frame = this.#takeFrame()) {
      if (frame.isCompressed) this.compressed += 1;
      else if (frame.opcode === textOpcode) this.texts.push(frame.payload.toString());
      if (frame.opcode !== closeOpcode) continue;
      this.closeCode = frame.payload.length < 2 ? undefined : frame.payload.readUInt16BE(0);
      if (!this.socket.writableEnded) this.socket.end(maskedFrame(closeOpcode, frame.payload));
    }
  }

  #takeFrame(): { opcode: number; isCompressed: boolean; payload: Buffer } | null {
    const bytes = this.#bytes;
    if (bytes.length < 2) return null;
    const short = bytes[1] & 127;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < start) return null;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : bytes.readUInt32BE(6);
    if (bytes.length < start + length) return null;
    this.#bytes = bytes.subarray(start + length);
    return {
      opcode: bytes[0] & 15,
      isCompressed: (bytes[0] & compressedBit) !== 0,
      payload: bytes.subarray(start, start + length),
    };
  }
}

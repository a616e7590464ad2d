/** Connecting to a Socket.IO server: the HTTP upgrade, the Engine.IO open packet, the Socket.IO connect. */
import { createHash, randomBytes } from "node:crypto";
import { isIP } from "node:net";
import * as ws from "ws";
import type { SubscriberTarget } from "../core/target.js";
import { type ProtocolViolation, violation } from "./protocol-violation.js";

/** Everything a thin subscriber sends, made once for all of them. */
export interface UpgradeRequest {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  /** For TLS; undefined where the host is an address. */
  readonly serverName: string | undefined;
  /** The head without its key, which is new for each connection. */
  readonly head: string;
  /** Engine.IO message with the Socket.IO connect packet and its `auth` payload. */
  readonly connectPacket: string;
  /** permessage-deflate is offered. */
  readonly offersDeflate: boolean;
}

export interface Heartbeat {
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
}

/** The longest answer to an upgrade, as in Node.js. */
export const upgradeAnswerBytesMax = 16_384;

/** @param offersDeflate as stock clients do */
export function createUpgradeRequest(target: SubscriberTarget, offersDeflate = false): UpgradeRequest {
  const url = new URL(target.origin);
  const secure = url.protocol === "https:";
  const lines = [
    `GET ${target.path}?EIO=4&transport=websocket HTTP/1.1`,
    `Host: ${url.host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    ...(offersDeflate ? ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"] : []),
    ...Object.entries(target.headers).map(([name, value]) => `${name}: ${value}`),
  ];
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return {
    host,
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    secure,
    // Certificates and SNI hold names without the dot at the end.
    serverName: isIP(host) === 0 ? host.replace(/\.$/, "") : undefined,
    head: lines.join("\r\n"),
    offersDeflate,
    connectPacket: target.auth === undefined ? "40" : `40${JSON.stringify(target.auth)}`,
  };
}

export function createUpgradeKey(): string {
  return randomBytes(16).toString("base64");
}

/** The head of one connection's upgrade. */
export function upgradeHead({ head }: UpgradeRequest, key: string): Buffer {
  return Buffer.from(`${head}\r\nSec-WebSocket-Key: ${key}\r\n\r\n`, "latin1");
}

/** What a server's answer to the upgrade means. */
export type UpgradeAnswer =
  /** `deflate`: permessage-deflate was agreed; whether the server forgets each message after it. */
  | { readonly kind: "accepted"; readonly deflate?: { readonly forgets: boolean } }
  /** The final answer follows. */
  | { readonly kind: "interim" }
  | { readonly kind: "refused"; readonly status: string }
  | { readonly kind: "noHttp" }
  | { readonly kind: "violation"; readonly violation: ProtocolViolation };

const statusLine = /^HTTP\/1\.[01] (\d{3})(?: [\t -~\x80-\xff]*)?$/;
const headerLine = /^([!#$%&'*+\-.^_`|~\dA-Za-z]+):[\t ]*([\t -~\x80-\xff]*?)[\t ]*$/;

/** Reads the head of an answer, without the empty line at its end, as strictly as a stock client. */
export function readUpgradeAnswer(head: string, key: string, offersDeflate = false): UpgradeAnswer {
  const [first = "", ...lines] = head.split("\r\n");
  const status = statusLine.exec(first)?.[1];
  if (status === undefined) return { kind: "noHttp" };
  if (status !== "101") return status.startsWith("1") ? { kind: "interim" } : { kind: "refused", status };
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value = ""] = headerLine.exec(line) ?? [];
    if (name === undefined) return broken("header", "a header line that is not valid HTTP");
    const known = headers.get(name.toLowerCase());
    headers.set(name.toLowerCase(), known === undefined ? value : `${known}, ${value}`);
  }
  const fault = findUpgradeFault(headers, key);
  const extensions = headers.get("sec-websocket-extensions");
  if (fault !== undefined || extensions === undefined) return fault ?? { kind: "accepted" };
  if (!offersDeflate) return broken("extension", "Sec-WebSocket-Extensions, though none was offered");
  const deflate = readDeflateAnswer(extensions);
  if (deflate === undefined) return broken("extension", "Sec-WebSocket-Extensions that do not answer what was offered");
  return { kind: "accepted", deflate };
}

/** What ws judges an answer with; its types do not know it. */
const { extension, PerMessageDeflate } = ws as unknown as {
  readonly extension: { parse(header: string): Readonly<Record<string, object[]>> };
  readonly PerMessageDeflate: new () => { accept(answers: object[]): { readonly server_no_context_takeover?: true } };
};

function readDeflateAnswer(header: string): { readonly forgets: boolean } | undefined {
  try {
    const answers = extension.parse(header);
    const deflate = answers["permessage-deflate"];
    if (deflate === undefined || Object.keys(answers).length !== 1) return undefined;
    return { forgets: new PerMessageDeflate().accept(deflate).server_no_context_takeover === true };
  } catch {
    return undefined;
  }
}

function findUpgradeFault(headers: ReadonlyMap<string, string>, key: string): UpgradeAnswer | undefined {
  const tokens = (headers.get("connection") ?? "").toLowerCase().split(",");
  if (headers.get("upgrade")?.toLowerCase() !== "websocket")
    return broken("upgrade", 'status 101 without "Upgrade: websocket"');
  if (!tokens.some((token) => token.trim() === "upgrade"))
    return broken("connection", 'status 101 without "Connection: Upgrade"');
  const accept = headers.get("sec-websocket-accept");
  if (accept === undefined) return broken("accept", "status 101 without Sec-WebSocket-Accept");
  if (accept !== createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64"))
    return broken("accept", "Sec-WebSocket-Accept does not belong to the key that was sent");
  if (headers.has("sec-websocket-protocol"))
    return broken("subprotocol", "Sec-WebSocket-Protocol, though none was requested");
  return undefined;
}

function broken(keyword: string, detail: string): UpgradeAnswer {
  return { kind: "violation", violation: violation("HTTP upgrade", keyword, detail) };
}

/** setTimeout takes no more. */
const timerMsMax = 2 ** 31 - 1;

/** The server's heartbeat from its open packet; undefined when it does not hold one. */
export function readOpenPacket(text: string): Heartbeat | undefined {
  try {
    const { sid, pingInterval, pingTimeout } = JSON.parse(text) as Record<string, unknown>;
    if (typeof sid !== "string" || typeof pingInterval !== "number" || typeof pingTimeout !== "number")
      return undefined;
    // A heartbeat that can never be missed is none.
    if (!(pingInterval > 0 && pingTimeout > 0 && pingInterval + pingTimeout <= timerMsMax)) return undefined;
    return { pingIntervalMs: pingInterval, pingTimeoutMs: pingTimeout };
  } catch {
    return undefined;
  }
}

/** Whether a connect packet accepts the subscription: it carries the id of a session. */
export function isAccepted(text: string): boolean {
  const { sid } = (text === "" ? {} : JSON.parse(text)) as { readonly sid?: unknown };
  return Boolean(sid);
}

/** The id of a session that the server can take up again, from its connect packet; undefined where it cannot. */
export function recoveryIdOf(text: string): string | undefined {
  const { pid } = (text === "" ? {} : JSON.parse(text)) as { readonly pid?: unknown };
  return typeof pid === "string" ? pid : undefined;
}

/** With the session to be taken up again, as the stock client writes it. */
export function connectPacketOf({ connectPacket }: UpgradeRequest, session: object | undefined): string {
  if (session === undefined) return connectPacket;
  const auth = JSON.parse(connectPacket.slice(2) || "{}") as object;
  return `40${JSON.stringify({ ...session, ...auth })}`;
}

const refusalCharactersMax = 120;

/** The message of a connect error packet. */
export function describeRefusal(text: string): string {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    if (typeof message === "string") return message.slice(0, refusalCharactersMax);
  } catch {
    // Falls through to the plain text.
  }
  return text.slice(0, refusalCharactersMax);
}

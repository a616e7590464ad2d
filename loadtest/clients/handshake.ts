/** The way into a Socket.IO server: the HTTP upgrade, the Engine.IO open packet, the Socket.IO connect. */
import { randomBytes } from "node:crypto";
import type { SubscriberTarget } from "./subscriber.js";

/** Everything a thin subscriber sends, made once for all of them. */
export interface UpgradeRequest {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly serverName: string | undefined;
  readonly head: string;
  /** Engine.IO message with the Socket.IO connect packet and its `auth` payload. */
  readonly connectPacket: string;
}

export interface Heartbeat {
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
}

export function createUpgradeRequest(target: SubscriberTarget): UpgradeRequest {
  const url = new URL(target.origin);
  const secure = url.protocol === "https:";
  const lines = [
    `GET ${target.path}?EIO=4&transport=websocket HTTP/1.1`,
    `Host: ${url.host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    ...Object.entries(target.headers).map(([name, value]) => `${name}: ${value}`),
  ];
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return {
    host,
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    secure,
    serverName: /^[\d.]+$|:/.test(host) ? undefined : host,
    head: `${lines.join("\r\n")}\r\n\r\n`,
    connectPacket: target.auth === undefined ? "40" : `40${JSON.stringify(target.auth)}`,
  };
}

/** The server's heartbeat from its open packet; undefined when it is none. */
export function readOpenPacket(text: string): Heartbeat | undefined {
  try {
    const { sid, pingInterval, pingTimeout } = JSON.parse(text) as Record<string, unknown>;
    if (typeof sid !== "string" || typeof pingInterval !== "number" || typeof pingTimeout !== "number")
      return undefined;
    return { pingIntervalMs: pingInterval, pingTimeoutMs: pingTimeout };
  } catch {
    return undefined;
  }
}

/** The message of a connect error packet. */
export function describeRefusal(text: string): string {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    if (typeof message === "string") return message;
  } catch {
    // Falls through to the plain text.
  }
  return text.slice(0, 120);
}

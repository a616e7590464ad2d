/**
 * The private ids of sessions. One says which session it is of, and that this server or another one of its cluster has
 * given it: nothing need be stored for it, so that a session outlives the process that its client was connected to.
 *
 * A client whose recovery is refused keeps its last offset until the next event. The new id has that offset's digest:
 * together with it, it is refused again, because what the client has missed is not what comes after that offset.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

const staleLength = 8;

export class SessionIds {
  readonly #secret: () => string;

  /** @param secret known to all processes that may recover a session, and to nobody else */
  constructor(secret: () => string) {
    this.#secret = secret;
  }

  /** @param staleOffset that the client brought along and could not be recovered with */
  create(sid: string, staleOffset?: string): string {
    return this.#sign(`${sid}.${staleOffset === undefined ? "" : this.#digest("stale", staleOffset)}`);
  }

  /** The session, or undefined where this id is none or does not go with the offset. */
  read(pid: string, offset: string): string | undefined {
    const [sid = "", stale = ""] = pid.split(".");
    const [given, own] = [Buffer.from(pid), Buffer.from(this.#sign(`${sid}.${stale}`))];
    if (given.length !== own.length || !timingSafeEqual(given, own)) return undefined;
    return stale === this.#digest("stale", offset) ? undefined : sid;
  }

  #sign(text: string): string {
    return `${text}.${this.#mac("session", text)}`;
  }

  #digest(purpose: string, text: string): string {
    return this.#mac(purpose, text).slice(0, staleLength);
  }

  /** 128 bits of it. */
  #mac(purpose: string, text: string): string {
    return createHmac("sha256", this.#secret()).update(`${purpose} ${text}`).digest("base64url").slice(0, 22);
  }
}

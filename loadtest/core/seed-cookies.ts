/** The stock client's own cookie jar, which replaces the `Cookie` header as soon as a server has set a cookie. */
import type { Socket } from "socket.io-client";

/** Puts the cookies of the headers that a client was given into its jar; after `connect`, which makes the jar. */
export function seedCookies(socket: Socket, headers: Readonly<Record<string, string>>): void {
  const [, cookies = ""] = Object.entries(headers).find(([name]) => name.toLowerCase() === "cookie") ?? [];
  socket.io.engine._cookieJar?.parseCookies(cookies.split("; "));
}

/** Loopback, by the host name of a URL: does it lead to this host, and from which addresses may one connect to it? */

/** A forwarded port may lead on to another host; who relies on the clock looks at that, too. */
export function isLoopbackName(hostname: string): boolean {
  if (hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]") return true;
  return /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** Whether subscribers may connect to it from any address in 127.0.0.0/8: only Linux has them all. */
export function takesAnyLoopback(hostname: string): boolean {
  return process.platform === "linux" && isLoopbackName(hostname) && hostname !== "[::1]";
}

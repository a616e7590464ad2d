/** Loopback, by the host name of a URL: does it lead to this host, and from which addresses may one connect to it? */

/** As the host name of a parsed URL: `localhost`, also with a dot at the end, 127.0.0.0/8, ::1, and IPv4 in IPv6. */
const loopbackNames = /^(?:(?:[^.]+\.)*localhost\.?|127\.\d+\.\d+\.\d+|\[::1\]|\[::ffff:7f[\da-f]{2}:[\da-f]+\])$/;

/** A forwarded port may lead on to another host; who relies on the clock looks at that, too. */
export function isLoopbackName(hostname: string): boolean {
  return loopbackNames.test(hostname);
}

/** Whether subscribers may connect to it from any address in 127.0.0.0/8: only Linux has them all. */
export function takesAnyLoopback(hostname: string): boolean {
  return process.platform === "linux" && isLoopbackName(hostname) && !hostname.startsWith("[");
}

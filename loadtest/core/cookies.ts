/**
 * The cookies that a server, or the balancer in front of it, has set: kept by name until they expire.
 *
 * All requests to an address of a run go to one host, so domain, path and `Secure` are not looked at; the stock Socket.IO client
 * does the same.
 */
type Headers = Readonly<Record<string, string>>;

interface Cookie {
  readonly value: string;
  readonly untilMs: number;
}

/** Milliseconds since 1970 at which a cookie ends, by its attributes; `Max-Age` wins over `Expires`. */
function expiryOf(attributes: readonly string[], nowMs: number): number {
  let untilMs = Infinity;
  for (const attribute of attributes) {
    const [, name, value = ""] = /^\s*(max-age|expires)\s*=\s*(.*?)\s*$/i.exec(attribute) ?? [];
    if (name?.toLowerCase() === "max-age" && /^-?\d+$/.test(value)) return nowMs + Number(value) * 1000;
    if (name?.toLowerCase() === "expires" && !Number.isNaN(Date.parse(value))) untilMs = Date.parse(value);
  }
  return untilMs;
}

function nameAndValue(pair: string): readonly [name: string, value: string] | undefined {
  const [, name, value = ""] = /^\s*([^=]+?)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
  return name === undefined ? undefined : [name, value];
}

export class CookieJar {
  readonly #cookies = new Map<string, Cookie>();

  /** Keeps what `Set-Cookie` lines set, and drops what they end. */
  store(lines: readonly string[], nowMs = Date.now()): void {
    for (const line of lines) {
      const [pair = "", ...attributes] = line.split(";");
      const [name, value] = nameAndValue(pair) ?? [];
      if (name !== undefined && value !== undefined)
        this.#cookies.set(name, { value, untilMs: expiryOf(attributes, nowMs) });
    }
  }

  /** Headers with these cookies beside those that are there already; of one name the server's. */
  addTo(headers: Headers, nowMs = Date.now()): Headers {
    const known = [...this.#cookies].filter(([, { untilMs }]) => untilMs > nowMs);
    if (known.length === 0) return headers;
    const given = Object.entries(headers).find(([name]) => name.toLowerCase() === "cookie");
    const cookies = new Map(
      (given?.[1] ?? "")
        .split(";")
        .map(nameAndValue)
        .filter((pair) => pair !== undefined),
    );
    for (const [name, { value }] of known) cookies.set(name, value);
    const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
    return { ...headers, [given?.[0] ?? "Cookie"]: cookie };
  }
}

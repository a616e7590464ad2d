/** A server by its URL: how it is reached, with which headers and credentials. */
import { TargetError } from "./errors.js";
import { CookieJar } from "./cookies.js";
import { maskSecrets } from "./mask-secrets.js";

/** How a Socket.IO subscriber reaches the server. */
export interface SubscriberTarget {
  /** http: or https:. */
  readonly origin: string;
  /** Path of Socket.IO, such as `/socket.io/`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The `auth` payload of the connection, if any. */
  readonly auth: Readonly<Record<string, unknown>> | undefined;
}

export interface Target {
  readonly url: URL;
  /** Base of REST paths, without a slash at the end. */
  readonly base: string;
  /** With the cookies so far. */
  readonly subscribers: SubscriberTarget;
  /** With the cookies so far. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the answers so far: all requests of a run go to the server that a balancer chose for the first. */
  readonly cookies: CookieJar;
  readonly token: string | undefined;
}

export interface TargetOptions {
  /** Credentials in it are sent as Basic authentication. */
  readonly url: string;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly auth?: Readonly<Record<string, unknown>> | undefined;
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new TargetError(
      "badUrl",
      `Invalid URL "${maskSecrets(text)}": expected an address of a server such as http://localhost:8000.`,
    );
  }
  // Browsers take "localhost." for this host without asking anybody; a system's resolver may not know it.
  if (url.hostname.endsWith("localhost.")) url.hostname = url.hostname.slice(0, -1);
  if (url.search !== "") {
    const base = url.origin + url.pathname.replace(/\/+$/, "");
    throw new TargetError(
      "badUrl",
      `Invalid URL "${base}?...": a query is not sent. Use ${base}, and give a control token with the option token.`,
    );
  }
  return url;
}

const headerName = /^[!#$%&'*+.^_`|~\w-]+$/;
/** What a client says about its own connection. */
const reservedName =
  /^(?:host|connection|upgrade|content-length|transfer-encoding|keep-alive|proxy-connection|te|trailer|expect|http2-settings|sec-websocket-.*)$/i;

/** The first character that cannot be part of a header, described; HTTP clients differ in what they make of one. */
function findUnsendable(text: string): string | undefined {
  const character = /[^\t\u0020-\u007e]/u.exec(text)?.[0];
  if (character === undefined) return undefined;
  if (character === "\r" || character === "\n") return "a line break";
  return `the character U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Why one of the headers cannot be sent, without its value, which may be a secret; undefined where all can. */
export function findHeaderFault(headers: Readonly<Record<string, string>>): string | undefined {
  for (const [name, value] of Object.entries(headers)) {
    const fault = (why: string): string => `Header ${JSON.stringify(name)} cannot be sent: ${why}.`;
    if (!headerName.test(name)) return fault("a name has only letters, digits and hyphens");
    if (reservedName.test(name)) return fault("it follows from the connection, and the URL decides where that leads");
    const unsendable = findUnsendable(value);
    if (unsendable !== undefined) return fault(`its value has ${unsendable}, and only printable ASCII is accepted`);
  }
  return undefined;
}

function requireSendableToken(token: string): void {
  const unsendable = /\s/.test(token) ? "white space" : findUnsendable(token);
  if (unsendable === undefined) return;
  throw new TargetError(
    "badToken",
    `The control token has ${unsendable}, and only printable ASCII is accepted. Check the option token, or MAX_TOKEN.`,
  );
}

function decodeCredentials({ username, password, origin }: URL): string {
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  } catch (cause) {
    throw new TargetError("badUrl", `Invalid URL ${origin}: a % in its credentials must be written as %25.`, { cause });
  }
}

/** The headers, with the credentials that the URL has. */
function withCredentials(url: URL, headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (url.username === "" && url.password === "") return headers;
  if (Object.keys(headers).some((name) => name.toLowerCase() === "authorization")) {
    throw new TargetError(
      "badUrl",
      `The URL of ${url.origin} has credentials, and there is an Authorization header. Leave one of them out.`,
    );
  }
  return { ...headers, Authorization: `Basic ${Buffer.from(decodeCredentials(url)).toString("base64")}` };
}

/** @throws {TargetError} when the address, a header or the token cannot be used */
export function parseTarget({ url: text, token, headers: given = {}, auth }: TargetOptions): Target {
  const url = parseUrl(text);
  const headerFault = findHeaderFault(given);
  if (headerFault !== undefined) throw new TargetError("badHeader", headerFault);
  if (token !== undefined) requireSendableToken(token);
  const headers = withCredentials(url, given);
  const prefix = url.pathname.replace(/\/+$/, "");
  const cookies = new CookieJar();
  return {
    url,
    base: url.origin + prefix,
    get subscribers() {
      return { origin: url.origin, path: `${prefix}/socket.io/`, headers: cookies.addTo(headers), auth };
    },
    get headers() {
      return cookies.addTo(headers);
    },
    cookies,
    // An empty one, as from an unset variable, is none.
    token: token === "" ? undefined : token,
  };
}

/**
 * Looks at a server before anything is thrown at it: is it there, does it speak Socket.IO, and can its
 * stream be regenerated here?
 */
import type { CommandList, Simulation } from "../../schemas/index.js";
import { createCheck } from "../../schemas/index.js";
import { CookieJar } from "./cookies.js";
import { startDeadline } from "./deadline.js";
import { maskSecrets } from "./mask-secrets.js";
import { TargetError, type TargetProblem } from "./options.js";
import { BodyTooLargeError, findEncodingFault, readBody } from "./read-body.js";

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

const probeTimeoutMs = 5000;
/** The longest answers that are read, in bytes; an honest simulation takes a few KiB. */
const answerBytesMax = 1 << 20;
/** A page of 200 commands, each with 4,000 escaped characters, stays below this. */
const commandPageBytesMax = 16 << 20;
const isSimulation = createCheck("resources/simulation.schema.json");
const isCommandList = createCheck("resources/command-list.schema.json");

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
      `Invalid URL "${base}?...": a query is not sent. Use ${base}, and give a control token with --token.`,
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

/** @throws {TargetError} without the value, which may be a secret */
function requireSendableHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    const fail = (why: string): never => {
      throw new TargetError("badHeader", `Header ${JSON.stringify(name)} cannot be sent: ${why}.`);
    };
    if (!headerName.test(name)) fail("a name has only letters, digits and hyphens");
    if (reservedName.test(name)) fail("it follows from the connection, and --url decides where that leads");
    const unsendable = findUnsendable(value);
    if (unsendable !== undefined) fail(`its value has ${unsendable}, and only printable ASCII is accepted`);
  }
}

function requireSendableToken(token: string): void {
  const unsendable = /\s/.test(token) ? "white space" : findUnsendable(token);
  if (unsendable === undefined) return;
  throw new TargetError(
    "badToken",
    `The control token has ${unsendable}, and only printable ASCII is accepted. Check --token, or MAX_TOKEN.`,
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
  requireSendableHeaders(given);
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

interface Answer {
  readonly status: number;
  readonly ok: boolean;
  readonly location: string | null;
  readonly contentType: string;
  readonly body: Buffer;
}

interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds for the whole answer. @default 5000 */
  readonly withinMs?: number;
  /** @default 1 MiB */
  readonly bytesMax?: number;
}

async function request(
  target: Target,
  path: string,
  { headers = {}, withinMs = probeTimeoutMs, bytesMax = answerBytesMax }: RequestOptions = {},
): Promise<Answer> {
  const deadline = startDeadline(withinMs);
  try {
    const response = await fetch(target.base + path, {
      headers: { ...withoutOverridden(target.headers, headers), ...headers },
      redirect: "manual",
      signal: deadline.signal,
    });
    target.cookies.store(response.headers.getSetCookie());
    return {
      status: response.status,
      ok: response.ok,
      location: response.headers.get("location"),
      contentType: response.headers.get("content-type") ?? "",
      body: await readBody(response, bytesMax),
    };
  } finally {
    deadline.cancel();
  }
}

/** Of two headers whose names differ in case only, fetch would send both values. */
function withoutOverridden(
  headers: Readonly<Record<string, string>>,
  extra: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !(name.toLowerCase() in extra)));
}

/** What a server says of itself, or why that could not be read. */
export type Reading<Content> =
  | { readonly content: Content; /** Of the answer. */ readonly bytes: number }
  | {
      /** Completes "GET /path ...". */
      readonly problem: string;
      /** Of the answer; undefined without one. */
      readonly status: number | undefined;
    };

async function read<Content>(
  target: Target,
  path: string,
  isFit: (body: unknown) => boolean,
  options?: RequestOptions,
): Promise<Reading<Content>> {
  let status: number | undefined;
  try {
    const { ok, contentType, body, ...answer } = await request(target, path, options);
    ({ status } = answer);
    if (!ok) return { status, problem: `answers ${status}` };
    const fault = findEncodingFault(body, contentType);
    if (fault !== undefined) return { status, problem: `answers with a body that ${fault}` };
    const content: unknown = JSON.parse(body.toString("utf8"));
    if (!isFit(content)) return { status, problem: "answers with another JSON document than its own" };
    return { content: content as Content, bytes: body.byteLength };
  } catch (error) {
    if (error instanceof SyntaxError) return { status, problem: "answers with something that is not JSON" };
    return { status, problem: `gives no answer (${causeOf(error, probeTimeoutMs)})` };
  }
}

function causeOf(error: unknown, withinMs: number): string {
  if (error instanceof BodyTooLargeError) return error.message;
  if (error instanceof Error && error.name === "TimeoutError") return `not within ${withinMs / 1000} s`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  return code ?? (cause instanceof Error ? cause.message : String(cause));
}

function describeTlsFault(base: string, code: string): string {
  if (/ALTNAME|HOSTNAME/.test(code))
    return `The certificate of ${base} is for another name (${code}): use a name that it has with --url.`;
  if (/EXPIRED|NOT_YET_VALID/.test(code))
    return `The certificate of ${base} is not valid now (${code}): renew it, or set this machine's clock.`;
  return `The certificate of ${base} is not trusted (${code}): set NODE_EXTRA_CA_CERTS to the file of its authority.`;
}

/** There is no connection. */
const unreachableCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** What kept an answer away. */
function explainFailure({ base, url }: Target, error: unknown, withinMs: number): TargetError {
  const why = causeOf(error, withinMs);
  const fail = (code: TargetProblem, message: string): TargetError => new TargetError(code, message, { cause: error });
  if (why === "bad port") return fail("blockedPort", `${base} uses a port that HTTP clients refuse (Fetch standard).`);
  if (/^(?:ERR_SSL_|EPROTO)/.test(why))
    return fail("tls", `${base} fails the TLS handshake (${why}): use http:// if the server does not speak TLS.`);
  if (/CERT|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE/.test(why))
    return fail("tls", describeTlsFault(base, why));
  if (unreachableCodes.has(why))
    return fail(
      "unreachable",
      `Nothing answers over HTTP at ${base} (${why}); start the server, or name another with --url.`,
    );
  const scheme = url.protocol === "http:" && !why.startsWith("not within") ? "use https:// if it speaks TLS, or " : "";
  return fail("noAnswer", `The server at ${base} gives no HTTP answer (${why}): ${scheme}name another with --url.`);
}

const socketIoPath = "/socket.io/";
const shownCharactersMax = 200;

/** The server's own sentence, from a problem document or plain text. */
function sentenceOf(body: Buffer): string {
  const text = body.toString("utf8");
  const own = /"(?:detail|message)"\s*:\s*"([^"]+)"/.exec(text)?.[1] ?? text;
  return own
    .replace(/<[^>]*>|\p{Cc}/gu, " ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, shownCharactersMax);
}

/** Where a redirect leads, as an address for --url. */
function redirectedBase(location: string | null, base: string): string {
  const from = base + socketIoPath;
  if (location === null || !URL.canParse(location, from)) return "no usable address";
  const { origin, pathname } = new URL(location, from);
  return origin + pathname.replace(/\/(?:socket\.io\/?)?$/, "");
}

/** Refusals that say something about the address, and nothing about the server. */
function findSetupError({ base }: Target, { status, location, body }: Answer): TargetError | undefined {
  if (status >= 300 && status < 400) {
    const where = redirectedBase(location, base);
    return new TargetError(
      "redirect",
      `The server at ${base} redirects subscribers to ${where} (${status}), which they do not follow: give the final address with --url.`,
    );
  }
  const said = sentenceOf(body);
  if (status === 400 && /https/i.test(said))
    return new TargetError("tls", `The server at ${base} expects TLS: use https:// with --url.`);
  if (status === 421 || ((status === 400 || status === 403) && /\bhosts?\b|DisallowedHost/i.test(said))) {
    return new TargetError(
      "wrongHost",
      `The server at ${base} refuses this host name (${status}: ${said}): use a name that it accepts with --url, or let it accept this one (max demo: --allow-host).`,
    );
  }
  return undefined;
}

/**
 * Asks for a Socket.IO session over polling, as every command that tests a server does first.
 *
 * @param withinMs milliseconds for the whole answer
 * @throws {TargetError} when no answer comes, or one that says that the address leads elsewhere
 */
export async function probeSocketIo(target: Target, withinMs = probeTimeoutMs): Promise<Answer> {
  let answer: Answer;
  try {
    answer = await request(target, `${socketIoPath}?EIO=4&transport=polling`, { withinMs });
  } catch (error) {
    throw explainFailure(target, error, withinMs);
  }
  const setupError = findSetupError(target, answer);
  if (setupError !== undefined) throw setupError;
  return answer;
}

/**
 * Rejects with a `TargetError` unless a Socket.IO server answers and lets a subscriber begin.
 *
 * @param withinMs milliseconds for the whole answer
 */
export async function requireSocketIo(target: Target, withinMs = probeTimeoutMs): Promise<void> {
  const { status, ok, body } = await probeSocketIo(target, withinMs);
  if (status === 401 || status === 403 || status === 429 || status === 503) {
    throw new TargetError(
      "refused",
      `The server at ${target.base} refuses subscribers with ${status}; --header and --auth take what it wants to see.`,
    );
  }
  if (!ok || body.toString("latin1", 0, 2) !== "0{") {
    throw new TargetError(
      "notSocketIo",
      `${target.base}${socketIoPath} answers ${status}, but not as a Socket.IO server does; --url takes the address in front of /socket.io/.`,
    );
  }
}

export function readSimulation(target: Target): Promise<Reading<Simulation>> {
  return read(target, "/api/simulation", isSimulation);
}

/** A page of the command log: the entries after a sequence number. */
export function readCommandPage(target: Target, after: number): Promise<Reading<CommandList>> {
  const headers = { authorization: `Bearer ${target.token ?? ""}` };
  const path = `/api/simulation/commands?after=${after}`;
  return read(target, path, isCommandList, { headers, bytesMax: commandPageBytesMax });
}

/** Requests to a target whose answers decide whether and how a run can begin: the probe, the simulation, the command log. */
import { TargetError, type TargetProblem } from "./errors.js";
import type { CommandList, Simulation } from "../../schemas/index.js";
import { createCheck } from "../../schemas/index.js";
import { startDeadline } from "./deadline.js";
import { BodyTooLargeError, findEncodingFault, readBody } from "./read-body.js";
import { reasonOfRefusal, sentenceIn } from "./refusal-reason.js";
import type { Target } from "./target.js";

const probeTimeoutMs = 5000;
/** The longest answers that are read, in bytes; an honest simulation takes a few KiB. */
const answerBytesMax = 1 << 20;
/** A page of 200 commands, each with 4,000 escaped characters, stays below this. */
const commandPageBytesMax = 16 << 20;
const isSimulation = createCheck("resources/simulation.schema.json");
const isCommandList = createCheck("resources/command-list.schema.json");

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
  /** Ends it earlier. */
  readonly signal?: AbortSignal | undefined;
}

async function request(
  target: Target,
  path: string,
  { headers = {}, withinMs = probeTimeoutMs, bytesMax = answerBytesMax, signal }: RequestOptions = {},
): Promise<Answer> {
  const deadline = startDeadline(withinMs, signal);
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
    return { status, problem: `gives no answer (${causeOf(error, options?.withinMs ?? probeTimeoutMs)})` };
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
    return `The certificate of ${base} is for another name (${code}): use a name that it has.`;
  if (/EXPIRED|NOT_YET_VALID/.test(code))
    return `The certificate of ${base} is not valid now (${code}): renew it, or set this machine's clock.`;
  return `The certificate of ${base} is not trusted (${code}): set NODE_EXTRA_CA_CERTS to the file of its authority, or accept any certificate with --insecure.`;
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
    return fail("unreachable", `Nothing answers over HTTP at ${base} (${why}). Start the server, or correct the URL.`);
  const scheme = url.protocol === "http:" && !why.startsWith("not within") ? "use https:// if it speaks TLS, or " : "";
  return fail("noAnswer", `The server at ${base} gives no HTTP answer (${why}): ${scheme}correct the URL.`);
}

const socketIoPath = "/socket.io/";

/** Where a redirect leads, as the URL to use instead. */
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
      `The server at ${base} redirects subscribers to ${where} (${status}), which they do not follow. Use the final URL.`,
    );
  }
  const said = sentenceIn(body.toString("utf8"));
  if (status === 400 && /https/i.test(said))
    return new TargetError("tls", `The server at ${base} expects TLS: use https://.`);
  if (status === 421 || ((status === 400 || status === 403) && /\bhosts?\b|DisallowedHost/i.test(said))) {
    return new TargetError(
      "wrongHost",
      `The server at ${base} refuses this host name (${status}: ${said}): use a name that it accepts, or let it accept this one (max demo: --allow-host).`,
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

const credentialsRemedy = "Give what it asks for with the option headers or the option auth.";
const limitRemedy = "It is at a limit, or starting: raise the limit, or wait for it with the option waitMs.";

/** What to do about each status that a server refuses subscribers with. */
const refusalRemedies: Readonly<Record<number, string>> = {
  401: credentialsRemedy,
  403: credentialsRemedy,
  429: limitRemedy,
  503: limitRemedy,
};

/**
 * Rejects with a `TargetError` unless a Socket.IO server answers and lets a subscriber begin.
 *
 * @param withinMs milliseconds for the whole answer
 */
export async function requireSocketIo(target: Target, withinMs = probeTimeoutMs): Promise<void> {
  const { status, ok, body } = await probeSocketIo(target, withinMs);
  if (refusalRemedies[status] !== undefined) {
    throw new TargetError(
      "refused",
      `The server at ${target.base} refuses subscribers: ${reasonOfRefusal(status, body.toString("utf8"))}. ${refusalRemedies[status]}`,
    );
  }
  if (!ok || body.toString("latin1", 0, 2) !== "0{") {
    throw new TargetError(
      "notSocketIo",
      `${target.base}${socketIoPath} answers ${status}, but not as a Socket.IO server does. The URL is the part in front of /socket.io/.`,
    );
  }
}

export function readSimulation(target: Target): Promise<Reading<Simulation>> {
  return read(target, "/api/simulation", isSimulation);
}

/** The server's metrics as Prometheus text, with the control token. */
export async function readMetrics(target: Target): Promise<Reading<string>> {
  let status: number | undefined;
  try {
    const headers = { authorization: `Bearer ${target.token ?? ""}` };
    const answer = await request(target, "/metrics", { headers });
    ({ status } = answer);
    if (!answer.ok) return { status, problem: `answers ${status}` };
    return { content: answer.body.toString("utf8"), bytes: answer.body.byteLength };
  } catch (error) {
    return { status, problem: `gives no answer (${causeOf(error, probeTimeoutMs)})` };
  }
}

interface RoomPage {
  readonly data: readonly { readonly id: string }[];
}

function isRoomPage(body: unknown): body is RoomPage {
  if (typeof body !== "object" || body === null || !("data" in body) || !Array.isArray(body.data)) return false;
  const rooms: readonly unknown[] = body.data;
  return rooms.every(
    (room) => typeof room === "object" && room !== null && "id" in room && typeof room.id === "string",
  );
}

export const roomsPath = "/api/discussions?limit=1";

/** The first discussion room, where there is one. */
export function readRooms(
  target: Target,
  options: Pick<RequestOptions, "signal" | "withinMs">,
): Promise<Reading<RoomPage>> {
  return read(target, roomsPath, isRoomPage, options);
}

/** A page of the command log: the entries after a sequence number. */
export function readCommandPage(target: Target, after: number): Promise<Reading<CommandList>> {
  const headers = { authorization: `Bearer ${target.token ?? ""}` };
  const path = `/api/simulation/commands?after=${after}`;
  return read(target, path, isCommandList, { headers, bytesMax: commandPageBytesMax });
}

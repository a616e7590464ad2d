/**
 * Looks at a server before anything is thrown at it: is it there, does it speak Socket.IO, and can its
 * stream be regenerated here?
 */
import type { CommandList, Simulation } from "../schemas/index.js";
import { createCheck } from "../schemas/index.js";
import type { SubscriberTarget } from "./clients/subscriber.js";
import { startDeadline } from "./deadline.js";
import { TargetError } from "./options.js";

export interface Target {
  readonly url: URL;
  /** Base of REST paths, without a slash at the end. */
  readonly base: string;
  readonly subscribers: SubscriberTarget;
  readonly headers: Readonly<Record<string, string>>;
  readonly token: string | undefined;
}

export interface TargetOptions {
  readonly url: string;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly auth?: Readonly<Record<string, unknown>> | undefined;
}

const probeTimeoutMs = 5000;
const isSimulation = createCheck("resources/simulation.schema.json");
const isCommandList = createCheck("resources/command-list.schema.json");

export function parseTarget({ url: text, token, headers = {}, auth }: TargetOptions): Target {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new TargetError("badUrl", `"${text}" is no address of a server; write it like http://localhost:8000.`);
  }
  const prefix = url.pathname.replace(/\/+$/, "");
  return {
    url,
    base: url.origin + prefix,
    subscribers: { origin: url.origin, path: `${prefix}/socket.io/`, headers, auth },
    headers,
    token,
  };
}

interface Answer {
  readonly status: number;
  readonly ok: boolean;
  readonly body: string;
}

async function request(
  target: Target,
  path: string,
  extra: Readonly<Record<string, string>> = {},
  withinMs = probeTimeoutMs,
): Promise<Answer> {
  const deadline = startDeadline(withinMs);
  try {
    const headers = { ...target.headers, ...extra };
    const response = await fetch(target.base + path, { headers, signal: deadline.signal });
    return { status: response.status, ok: response.ok, body: await response.text() };
  } finally {
    deadline.cancel();
  }
}

/** The answer as far as it fits its schema; undefined where it is another one, or none. */
async function read(
  target: Target,
  path: string,
  isFit: (body: unknown) => boolean,
  extra?: Readonly<Record<string, string>>,
): Promise<unknown> {
  try {
    const { ok, body: text } = await request(target, path, extra);
    const body: unknown = ok ? JSON.parse(text) : undefined;
    return isFit(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

function causeOf(error: unknown, withinMs: number): string {
  if (error instanceof Error && error.name === "TimeoutError") return `not within ${withinMs / 1000} s`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  return code ?? (cause instanceof Error ? cause.message : String(cause));
}

/**
 * Rejects with a `TargetError` unless a Socket.IO server answers and lets a subscriber begin.
 *
 * @param withinMs milliseconds for the whole answer
 */
export async function requireSocketIo(target: Target, withinMs = probeTimeoutMs): Promise<void> {
  const place = `${target.base}/socket.io/`;
  let answer: Answer;
  try {
    answer = await request(target, "/socket.io/?EIO=4&transport=polling", {}, withinMs);
  } catch (error) {
    throw new TargetError(
      "unreachable",
      `Nothing answers over HTTP at ${target.base} (${causeOf(error, withinMs)}); start the server, or name another with --url.`,
      { cause: error },
    );
  }
  const { status, ok, body } = answer;
  if (status === 401 || status === 403 || status === 429 || status === 503) {
    throw new TargetError(
      "refused",
      `The server at ${target.base} refuses subscribers with ${status}; --header and --auth take what it wants to see.`,
    );
  }
  if (!ok || !body.startsWith("0{")) {
    throw new TargetError(
      "notSocketIo",
      `${place} answers ${status}, but not as a Socket.IO server does; --url takes the address in front of /socket.io/.`,
    );
  }
}

/** The answer of GET /api/simulation; undefined from a server that has none. */
export async function readSimulation(target: Target): Promise<Simulation | undefined> {
  return (await read(target, "/api/simulation", isSimulation)) as Simulation | undefined;
}

/** A page of the command log; undefined where it cannot be read. */
export async function readCommandPage(target: Target, after: number): Promise<CommandList | undefined> {
  if (target.token === undefined) return undefined;
  const authorization = `Bearer ${target.token}`;
  const path = `/api/simulation/commands?after=${after}`;
  return (await read(target, path, isCommandList, { authorization })) as CommandList | undefined;
}

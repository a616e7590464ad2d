/**
 * Looks at a server before anything is thrown at it: is it there, does it speak Socket.IO, and can its
 * stream be regenerated here?
 */
import type { Simulation } from "../schemas/index.js";
import { createCheck } from "../schemas/index.js";
import type { SubscriberTarget } from "./clients/subscriber.js";
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

async function request(target: Target, path: string, extra: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(target.base + path, {
    headers: { ...target.headers, ...extra },
    signal: AbortSignal.timeout(probeTimeoutMs),
  });
}

function causeOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return `not within ${probeTimeoutMs / 1000} s`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  return code ?? (cause instanceof Error ? cause.message : String(cause));
}

/** Rejects with a `TargetError` unless a Socket.IO server answers and lets a subscriber begin. */
export async function requireSocketIo(target: Target): Promise<void> {
  const place = `${target.base}/socket.io/`;
  let response: Response;
  let body: string;
  try {
    response = await request(target, "/socket.io/?EIO=4&transport=polling");
    body = await response.text();
  } catch (error) {
    throw new TargetError(
      "unreachable",
      `Nothing answers over HTTP at ${target.base} (${causeOf(error)}); start the server, or name another with --url.`,
      { cause: error },
    );
  }
  if (response.status === 401 || response.status === 403 || response.status === 429 || response.status === 503) {
    throw new TargetError(
      "refused",
      `The server at ${target.base} refuses subscribers with ${response.status}; --header and --auth take what it wants to see.`,
    );
  }
  if (!response.ok || !body.startsWith("0{")) {
    throw new TargetError(
      "notSocketIo",
      `${place} answers ${response.status}, but not as a Socket.IO server does; --url takes the address in front of /socket.io/.`,
    );
  }
}

/** The answer of GET /api/simulation; undefined from a server that has none. */
export async function readSimulation(target: Target): Promise<Simulation | undefined> {
  try {
    const response = await request(target, "/api/simulation");
    if (!response.ok) return undefined;
    const body: unknown = await response.json();
    return isSimulation(body) ? (body as Simulation) : undefined;
  } catch {
    return undefined;
  }
}

/** A page of the command log; undefined where it cannot be read. */
export async function readCommandPage(target: Target, after: number): Promise<unknown> {
  if (target.token === undefined) return undefined;
  try {
    const response = await request(target, `/api/simulation/commands?after=${after}`, {
      authorization: `Bearer ${target.token}`,
    });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}

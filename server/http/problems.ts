/**
 * Every problem that the API can answer with, in one table, and the error that carries one.
 *
 * Invariant: no other file names a status of 400 or more. The page /docs/problems is made from this
 * table, and `type` of a problem document points into it.
 */

interface ProblemType {
  readonly status: number;
  readonly title: string;
  /** What it means and what to do, for the documentation. */
  readonly explanation: string;
}

export const problemTypes = {
  "malformed-target": {
    status: 400,
    title: "The request target cannot be read",
    explanation: "Send a path that begins with a slash, or a whole http address.",
  },
  "malformed-json": {
    status: 400,
    title: "The body cannot be read as JSON",
    explanation: "The body is empty, cut short, or not JSON in UTF-8.",
  },
  "bad-query": {
    status: 400,
    title: "A query parameter cannot be used",
    explanation: "`errors` names each parameter and what it takes. A cursor is only good for the list that gave it.",
  },
  "bad-header": {
    status: 400,
    title: "A header cannot be used",
    explanation: "An Idempotency-Key has 1 to 255 visible ASCII characters.",
  },
  "token-required": {
    status: 401,
    title: "The control token is required",
    explanation:
      "Send `Authorization: Bearer` with the token that the server printed at its start and keeps in .max/token.",
  },
  "unknown-resource": {
    status: 404,
    title: "No such resource",
    explanation: "The path is right, but nothing has that id, or no longer.",
  },
  "unknown-path": {
    status: 404,
    title: "No such path",
    explanation: "Paths are matched exactly: letter case and a slash at the end count.",
  },
  "method-not-allowed": {
    status: 405,
    title: "The path does not take this method",
    explanation: "The header Allow lists the methods that it takes.",
  },
  "already-exists": {
    status: 409,
    title: "The id is taken",
    explanation: "Choose another id, or leave it out and let the server give one.",
  },
  "in-use": {
    status: 409,
    title: "The resource is in use",
    explanation: "Delete or move what belongs to it first.",
  },
  "state-conflict": {
    status: 409,
    title: "Not in this state",
    explanation:
      "The simulation is doing something that excludes the request, such as seeking. Try again when it is done.",
  },
  "stale-revision": {
    status: 412,
    title: "The resource has changed since",
    explanation: "If-Match names another revision than the present one. Read the resource again, then decide.",
  },
  "body-too-large": {
    status: 413,
    title: "The body is too large",
    explanation: "A body has at most 64 KiB.",
  },
  "unsupported-media-type": {
    status: 415,
    title: "The body is of an unsupported media type",
    explanation:
      "Send application/json, in UTF-8. PATCH also takes application/merge-patch+json, which is what it does.",
  },
  "misdirected-request": {
    status: 421,
    title: "This server does not answer to that host",
    explanation:
      "On loopback the header Host must name this machine, so that no foreign page can reach it by DNS rebinding.",
  },
  "invalid-body": {
    status: 422,
    title: "The body breaks its schema",
    explanation: "`errors` lists each place by its JSON pointer with the keyword of the schema that it breaks.",
  },
  "key-reused": {
    status: 422,
    title: "The idempotency key belongs to another request",
    explanation: "The key was used within 24 hours with another method, path or body. A new request needs a new key.",
  },
  "too-many-requests": {
    status: 429,
    title: "Too many requests",
    explanation:
      "Wait as long as Retry-After says. An answer counts as one more request for each 64 KiB of it; /livez and /readyz are not limited.",
  },
  "internal-error": {
    status: 500,
    title: "The server failed",
    explanation: "A defect of the server. Its log says more.",
  },
  draining: {
    status: 503,
    title: "The server is stopping",
    explanation: "Try again after Retry-After, when the next one has started.",
  },
  "simulation-moving": {
    status: 503,
    title: "The simulation is moving to another time",
    explanation:
      "A seek, step or reset is under way, and the request has waited too long for its end. Nothing of it was stored. Try again when the move is done.",
  },
  "store-unavailable": {
    status: 503,
    title: "The store cannot be used now",
    explanation: "Nothing of the request was kept. The server keeps trying; try again after Retry-After.",
  },
} as const satisfies Record<string, ProblemType>;

export type ProblemName = keyof typeof problemTypes;

/** One place of the input that was wrong. */
export interface ProblemPlace {
  /** JSON pointer into the body. */
  readonly pointer?: string;
  /** Name of the query parameter or header. */
  readonly parameter?: string;
  readonly keyword: string;
  readonly detail: string;
}

export interface ProblemOptions extends ErrorOptions {
  readonly errors?: readonly ProblemPlace[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown anywhere below the edge; becomes a problem document there. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly problem: ProblemName;
  readonly errors: readonly ProblemPlace[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(problem: ProblemName, detail: string, options: ProblemOptions = {}) {
    super(detail, options);
    this.problem = problem;
    this.errors = options.errors;
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return problemTypes[this.problem].status;
  }
}

/** The problem document (RFC 9457) of an error, for the path that was asked for. */
export function toProblemDocument(error: ProblemError, instance: string): Record<string, unknown> {
  const { status, title } = problemTypes[error.problem];
  return {
    type: `/docs/problems#${error.problem}`,
    title,
    status,
    detail: error.message,
    instance,
    ...(error.errors === undefined ? {} : { errors: error.errors }),
  };
}

/** The 404 of a resource, with the way to those there are. */
export function unknownResource(kind: string, id: string, list: string): ProblemError {
  return new ProblemError(
    "unknown-resource",
    `There is no ${kind} ${JSON.stringify(id)}. GET ${list} lists those there are.`,
  );
}

/**
 * Calls one operation and judges what every answer must keep to: its status, media type and body.
 *
 * What an answer means for the operation at hand is judged by whoever called.
 */
import type { Coverage } from "../core/coverage.js";
import type { Judge } from "../core/findings.js";
import type { ContractLimits } from "../core/options.js";
import { operationNamed } from "../core/operations.js";
import type { RuleName } from "../core/rules.js";
import { judgeSchema } from "../core/schema-judge.js";
import { type HttpClient, type HttpReply, NoReplyError } from "./http-client.js";

/** Runs a check. One that does not get its answers ends there, with its findings, and the next one goes on. */
export async function attempt({ http }: Pick<Rest, "http">, check: () => Promise<unknown>): Promise<void> {
  if (http.givenUp) return;
  try {
    await check();
  } catch (error) {
    if (!(error instanceof NoReplyError)) throw error;
  }
}

/** What the checks over REST share. */
export interface Rest {
  readonly http: HttpClient;
  readonly judge: Judge;
  readonly coverage: Coverage;
  readonly limits: ContractLimits;
  /** The same seed generates the same requests. */
  readonly seed: number;
  /** Marks everything that this run creates, so that another run's remains are not taken for it. */
  readonly tag: string;
}

export interface Call {
  /** Such as `GET /api/sectors/:id`. */
  readonly operation: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: string;
  /** The status, or statuses, that the contract asks for here. */
  readonly expect: number | readonly number[];
  /** The rule that another status breaks. */
  readonly rule: RuleName;
  /** For an answer that may take longer than others, milliseconds. */
  readonly answerMsMax?: number;
  /** What was special about this request, for the finding's sentence. */
  readonly about?: string;
}

/** An answer with the status that was asked for. */
export interface Answer extends HttpReply {
  readonly path: string;
}

function fillPath(
  template: string,
  params: Readonly<Record<string, string>>,
  query: Readonly<Record<string, string | number>>,
): string {
  const path = template.replaceAll(/:(\w+)/g, (_match, name: string) => encodeURIComponent(params[name] ?? ""));
  const entries = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
  return entries.length === 0 ? path : `${path}?${new URLSearchParams(entries).toString()}`;
}

/** Judges the problem document of a status of 400 or more. */
export function judgeProblem({ judge }: Rest, subject: string, reply: HttpReply): void {
  judge.check("media-type", subject, reply.mediaType === "application/problem+json", () => ({
    detail: `a ${reply.status} came as ${reply.mediaType === "" ? "no media type" : reply.mediaType}`,
    value: reply.mediaType,
  }));
  const isObject = typeof reply.json === "object" && reply.json !== null;
  if (
    !judge.check("problem-document", subject, isObject, () => ({
      detail: `a ${reply.status} has no JSON object as its body`,
    }))
  )
    return;
  judgeSchema(judge, "body", `${subject} ${reply.status}`, "resources/problem.schema.json", reply.json);
  const { status } = reply.json as { status?: unknown };
  judge.check("problem-document", subject, status === reply.status, () => ({
    detail: `the problem names status ${JSON.stringify(status)}, the answer has ${reply.status}`,
    value: status,
  }));
}

/** Judges the body of a success against its schema. Returns whether it can be worked with. */
function judgeSuccess({ judge, coverage }: Rest, call: Call, reply: HttpReply): boolean {
  const { response, beside } = operationNamed(call.operation);
  if (response === undefined) return true;
  judge.check("media-type", call.operation, reply.mediaType === "application/json", () => ({
    detail: `came as ${reply.mediaType === "" ? "no media type" : reply.mediaType}`,
    value: reply.mediaType,
  }));
  const isJson = judge.check("json-syntax", call.operation, reply.json !== undefined, () => ({
    detail: "the body is not JSON",
  }));
  if (!isJson) return false;
  let body = reply.json;
  let isWhole = true;
  if (beside !== undefined && typeof body === "object" && body !== null) {
    const { [beside.field]: part, ...rest } = body as Record<string, unknown>;
    body = rest;
    isWhole = judgeSchema(judge, "body", `${call.operation} ${beside.field}`, beside.schema, part);
  }
  coverage.sawValue(response, body);
  return judgeSchema(judge, "body", call.operation, response, body) && isWhole;
}

/**
 * Sends the request. Undefined when the answer is not the one asked for, or cannot be worked with; its
 * reasons are in the findings then.
 */
export async function call(rest: Rest, asked: Call): Promise<Answer | undefined> {
  const { method, path: template, request } = operationNamed(asked.operation);
  const path = fillPath(template, asked.params ?? {}, asked.query ?? {});
  const reply = await rest.http.send(rest.judge, asked.operation, {
    method,
    path,
    ...(asked.headers === undefined ? {} : { headers: asked.headers }),
    ...(asked.json === undefined ? {} : { json: asked.json }),
    ...(asked.body === undefined ? {} : { body: asked.body }),
    ...(asked.answerMsMax === undefined ? {} : { answerMsMax: asked.answerMsMax }),
  });
  rest.coverage.sawAnswer(method, template, reply.status);
  const expected = typeof asked.expect === "number" ? [asked.expect] : asked.expect;
  const isExpected = expected.includes(reply.status);
  rest.judge.check("no-server-error", asked.operation, reply.status < 500, () => ({
    detail: `answered ${reply.status}${asked.about === undefined ? "" : ` to ${asked.about}`}`,
    value: reply.status,
  }));
  rest.judge.check(asked.rule, asked.operation, isExpected, () => ({
    detail: `answered ${reply.status} instead of ${expected.join(" or ")}${asked.about === undefined ? "" : ` to ${asked.about}`}`,
    value: reply.status,
  }));
  if (reply.status >= 400 && isExpected) judgeProblem(rest, asked.operation, reply);
  if (!isExpected) return undefined;
  if (reply.status < 300 && !judgeSuccess(rest, asked, reply)) return undefined;
  if (reply.status < 300 && request !== undefined) rest.coverage.sawValue(request, asked.json);
  return { ...reply, path };
}

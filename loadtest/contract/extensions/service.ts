/** What supervisors and readers ask a server for: probes, its two documents, and their pages. */
import { type Operation, examplePath } from "../core/operation.js";
import { operations } from "../core/operations.js";
import { type Rest, attempt, call } from "../rest/call.js";
import type { HttpReply } from "../rest/http-client.js";

/** True where the server has it. One that does not is no worse for it. */
export async function offers({ http, judge, coverage }: Rest, { method, path }: Operation): Promise<boolean> {
  const { status } = await http.send(judge, `${method} ${path}`, { method, path: examplePath(path) });
  if (status === 404) coverage.leaveOut(`${method} ${path}`, "not offered");
  return status !== 404;
}

/** Why an answer is not what its path promises; undefined where it is. */
function faultOf(path: string, { mediaType, text, json }: HttpReply): string | undefined {
  const field = /^\/(openapi|asyncapi)\.json$/.exec(path)?.[1];
  if (field !== undefined) {
    const version = (json as Record<string, unknown> | null | undefined)?.[field];
    return typeof version === "string" && version.startsWith("3.")
      ? undefined
      : `${field} is ${JSON.stringify(version)} and names no version 3`;
  }
  if (!path.startsWith("/docs")) return undefined;
  return mediaType === "text/html" && /<html[\s>]/i.test(text)
    ? undefined
    : `came as ${mediaType || "no media type"}, and is not a page`;
}

export async function judgeService(rest: Rest): Promise<void> {
  for (const operation of operations.filter(({ extension }) => extension === "service")) {
    const name = `${operation.method} ${operation.path}`;
    await attempt(rest, async () => {
      if (!(await offers(rest, operation))) return;
      const answer = await call(rest, { operation: name, expect: operation.success, rule: "read-status" });
      if (answer === undefined) return;
      const fault = faultOf(operation.path, answer);
      rest.judge.check("document-kind", name, fault === undefined, () => ({
        detail: fault ?? "",
        value: answer.mediaType,
        example: answer.text.slice(0, 300),
      }));
    });
  }
}

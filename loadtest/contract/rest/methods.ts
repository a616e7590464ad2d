/** A method that a path does not take: 405, and Allow tells the ones that it does. */
import { type Operation, examplePath } from "../core/operation.js";
import { methodsByPath } from "../core/operations.js";
import { type Rest, attempt, judgeProblem } from "./call.js";

/** No path takes PUT, and a PUT without a body to an id that is not there does nothing on a server that would. */
const foreignMethod = "PUT";

async function judgePath(rest: Rest, path: string, methods: readonly string[]): Promise<void> {
  const { judge, http, coverage } = rest;
  const subject = `${foreignMethod} ${path}`;
  const reply = await http.send(judge, subject, {
    method: foreignMethod,
    path: examplePath(path),
  });
  coverage.sawAnswer(foreignMethod, path, reply.status);
  const isRefused = judge.check("method-refused", subject, reply.status === 405, () => ({
    detail: `answered ${reply.status}`,
    value: reply.status,
    example: reply.text.slice(0, 300),
  }));
  if (!isRefused) return;
  judgeProblem(rest, subject, reply);
  const allowed = new Set((reply.headers.get("allow") ?? "").split(",").map((method) => method.trim()));
  const missing = methods.filter((method) => !allowed.has(method));
  judge.check("allow-header", subject, missing.length === 0, () => ({
    detail: `Allow is ${JSON.stringify(reply.headers.get("allow"))} and lacks ${missing.join(", ")}`,
    value: reply.headers.get("allow"),
  }));
}

/** Asks each path of these operations for what it does not take. */
export async function judgeMethods(rest: Rest, among: (operation: Operation) => boolean): Promise<void> {
  for (const [path, methods] of methodsByPath(among))
    await attempt(rest, async () => await judgePath(rest, path, methods));
}

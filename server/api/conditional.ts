/** `ETag` and `If-Match`: a change that was decided on an old state is refused (RFC 9110, strong comparison). */
import type { Context } from "koa";
import { ProblemError } from "../http/problems.js";

interface Revised {
  readonly revision: number;
}

/** The revision of the fields that can be patched; live values change without it. */
export function setRevision(context: Context, resource: Revised): void {
  context.set("ETag", `"${resource.revision}"`);
}

/** Throws 412 when the request names another revision than the present one. A weak tag never matches. */
export function requireRevision(context: Context, resource: Revised): void {
  const condition = context.get("if-match").trim();
  if (condition === "" || condition === "*") return;
  const tags = condition.split(",").map((tag) => tag.trim());
  if (tags.includes(`"${resource.revision}"`)) return;
  throw new ProblemError(
    "stale-revision",
    `If-Match asks for ${condition}, but the present revision is "${resource.revision}".`,
    {
      headers: { ETag: `"${resource.revision}"` },
    },
  );
}

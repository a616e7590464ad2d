/** Lets through who sends the control token; compared in constant time. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Context, Middleware } from "koa";
import { ProblemError } from "../http/problems.js";

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

export function createTokenGuard(token: string): Middleware {
  const expected = digest(token);
  function isAuthorized(context: Context): boolean {
    const [scheme = "", given = ""] = context.get("authorization").split(" ", 2);
    return scheme.toLowerCase() === "bearer" && timingSafeEqual(digest(given), expected);
  }
  return async (context, next) => {
    if (!isAuthorized(context)) {
      throw new ProblemError("token-required", "This call needs the control token: Authorization: Bearer TOKEN.", {
        headers: { "WWW-Authenticate": 'Bearer realm="max"' },
      });
    }
    await next();
  };
}

/**
 * Serves the console: the few built files of server/console, read once at start and kept in memory.
 */
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import type { Middleware } from "koa";
import { packageRoot } from "./package-root.js";

const contentTypes: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** Nothing inline, nothing from elsewhere, no frame around it. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

interface Asset {
  readonly body: Buffer;
  readonly type: string;
  readonly etag: string;
}

function readAssets(): Map<string, Asset> {
  const folder = new URL("dist/server/console/", packageRoot);
  const assets = new Map<string, Asset>();
  for (const name of readdirSync(folder)) {
    const type = contentTypes[name.slice(name.lastIndexOf(".") + 1)];
    if (type === undefined) continue;
    const body = readFileSync(new URL(name, folder));
    const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 16)}"`;
    assets.set(name === "index.html" ? "/" : `/console/${name}`, { body, type, etag });
  }
  return assets;
}

/** Answers GET and HEAD for the console's files; everything else goes on to the API. */
export function createPages(): Middleware {
  const assets = readAssets();
  return async (context, next) => {
    const asset = context.method === "GET" || context.method === "HEAD" ? assets.get(context.path) : undefined;
    if (asset === undefined) {
      await next();
      return;
    }
    context.set("Content-Security-Policy", contentSecurityPolicy);
    context.set("Cache-Control", "no-cache");
    context.set("ETag", asset.etag);
    context.type = asset.type;
    context.status = 200;
    if (context.fresh) context.status = 304;
    else context.body = asset.body;
  };
}

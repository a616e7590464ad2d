/**
 * Serves the console: the few built files of server/console, as they lie in their folder, read once at start and
 * kept in memory. Each is compressed when it is first asked for: at start that would take a tenth of the time.
 *
 * Every file but the page itself has a hash of its content in its name, and may be kept for ever.
 */
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Middleware } from "koa";
import { packageRoot } from "../../schemas/package-root.js";

const contentTypes: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

const compress = promisify(gzip);

/** What may stand in a policy: a Host header may hold anything. */
const plainHost = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i;

/**
 * Nothing from elsewhere, nothing inline but the page's own scripts, no frame around it. `'self'` covers the page's
 * own WebSocket, except in Safari before 15.4, which needs its host by name.
 */
function contentSecurityPolicy(host: string, inlineScripts: string): string {
  const webSockets = plainHost.test(host) ? ` ws://${host} wss://${host}` : "";
  return `default-src 'none'; script-src 'self'${inlineScripts}; style-src 'self'; img-src 'self'; connect-src 'self'${webSockets}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`;
}

interface Asset {
  readonly body: Buffer;
  readonly gzipped: () => Promise<Buffer>;
  readonly type: string;
  readonly etag: string;
  readonly cacheControl: string;
}

/** The sources that allow a page's inline scripts, by their hashes. */
function inlineScriptsOf(page: string): string {
  const scripts = [...page.matchAll(/<script>(?<text>[^]*?)<\/script>/g)].map(({ groups }) => groups?.["text"] ?? "");
  return scripts.map((text) => ` 'sha256-${createHash("sha256").update(text).digest("base64")}'`).join("");
}

function compressOnce(body: Buffer): () => Promise<Buffer> {
  let gzipped: Promise<Buffer> | undefined;
  return () => (gzipped ??= compress(body));
}

function readAssets(): Map<string, Asset> {
  const folder = new URL("dist/server/console/", packageRoot);
  const assets = new Map<string, Asset>();
  for (const name of readdirSync(folder, { encoding: "utf8", recursive: true })) {
    const type = contentTypes[name.slice(name.lastIndexOf(".") + 1)];
    if (type === undefined) continue;
    const body = readFileSync(new URL(name, folder));
    const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 16)}"`;
    const isPage = name === "index.html";
    const cacheControl = isPage ? "no-cache" : "public, max-age=31536000, immutable";
    assets.set(isPage ? "/" : `/${name.replaceAll("\\", "/")}`, {
      body,
      gzipped: compressOnce(body),
      type,
      etag,
      cacheControl,
    });
  }
  return assets;
}

/** Answers GET and HEAD for the console's files; everything else goes on to the API. */
export function createPages(): Middleware {
  const assets = readAssets();
  const inlineScripts = inlineScriptsOf(assets.get("/")?.body.toString() ?? "");
  return async (context, next) => {
    const asset = context.method === "GET" || context.method === "HEAD" ? assets.get(context.path) : undefined;
    if (asset === undefined) {
      await next();
      return;
    }
    context.set("Content-Security-Policy", contentSecurityPolicy(context.get("host"), inlineScripts));
    context.set("Cache-Control", asset.cacheControl);
    context.set("ETag", asset.etag);
    context.vary("Accept-Encoding");
    context.type = asset.type;
    context.status = 200;
    if (context.fresh) {
      context.status = 304;
    } else if (context.acceptsEncodings("gzip", "identity") === "gzip") {
      context.set("Content-Encoding", "gzip");
      context.body = await asset.gzipped();
    } else {
      context.body = asset.body;
    }
  };
}

/** The target of a request in one form, whichever the client chose (RFC 9112, section 3.2). */

export interface RequestTarget {
  /** Path and query, or "*". */
  readonly path: string;
  /** Host and port of an absolute form, which a server must take in place of the Host header. */
  readonly authority?: string;
}

const absoluteForm = /^https?:\/\/(?<authority>[^/?#\\]+)(?<path>[/?][^#]*)?/i;

/**
 * Undefined for what names no resource of an HTTP server.
 *
 * @example parseRequestTarget("/livez") // { path: "/livez" }
 * @example parseRequestTarget("http://localhost:8000/livez") // { path: "/livez", authority: "localhost:8000" }
 * @example parseRequestTarget("http://[") // undefined
 */
export function parseRequestTarget(target: string): RequestTarget | undefined {
  if (target.startsWith("/") || target === "*") return { path: target };
  const groups = absoluteForm.exec(target)?.groups;
  if (groups === undefined || !URL.canParse(target)) return undefined;
  const { authority, path = "/" } = groups;
  return { path: path.startsWith("/") ? path : `/${path}`, authority };
}

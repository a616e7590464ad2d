/**
 * Where the server is, seen from this page: at the root, or below a path that a proxy strips.
 *
 * The server answers the page at `/` only, so what the page's own address has before that is the proxy's.
 */

/** Ends with a slash. */
const basePath = new URL(".", location.href).pathname;

/** The server's address, without a slash at its end. */
export const serverUrl = (location.origin + basePath).slice(0, -1);

/** A path of the server as this page reaches it. @example at("/docs") // "/market/docs" below /market/ */
export function at(path: string): string {
  return basePath + path.slice(1);
}

/**
 * Reads the body of an answer within a size, and finds what makes it no JSON text for other readers.
 *
 * RFC 8259: JSON between systems is UTF-8 without a byte order mark. `Response.json()` forgives more than that:
 * it drops the mark and replaces every byte that is no UTF-8.
 */

/** The body is larger than the reader takes, or has no end. */
export class BodyTooLargeError extends Error {
  override readonly name = "BodyTooLargeError";
}

/**
 * The whole body.
 *
 * @throws {BodyTooLargeError} when there is more than `bytesMax`; the connection is closed then
 */
export async function readBody(response: Response, bytesMax: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw new BodyTooLargeError(`the answer has no end within ${bytesMax / 1024} KiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Media type without parameters, in lower case; empty where there is none. */
export function mediaTypeOf(contentType: string | null | undefined): string {
  return (contentType ?? "").split(";", 1)[0]!.trim().toLowerCase();
}

export function isJsonType(mediaType: string): boolean {
  return /[/+]json$/.test(mediaType);
}

function charsetOf(contentType: string): string | undefined {
  return /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(contentType)?.[1]?.toLowerCase().slice(0, 40);
}

/** What is wrong with the encoding of a JSON body; undefined for UTF-8. */
export function findEncodingFault(bytes: Buffer, contentType: string): string | undefined {
  const charset = charsetOf(contentType);
  if (charset !== undefined && charset !== "utf-8" && charset !== "utf8") return `declares the charset ${charset}`;
  const [first, second] = bytes;
  if (bytes.subarray(0, 3).equals(Buffer.of(0xef, 0xbb, 0xbf))) return "begins with a byte order mark";
  const isWide =
    first === 0 || second === 0 || (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (isWide) return "is UTF-16 or UTF-32";
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return undefined;
  } catch {
    return "is not valid UTF-8";
  }
}

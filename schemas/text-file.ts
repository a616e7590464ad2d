/**
 * Reads text files as other tools write them: with a byte order mark, in UTF-16 (PowerShell's `>`), with any line ends.
 *
 * What is no text in a known encoding is refused with the way out: taken as UTF-8 it would be changed silently.
 */
import { createReadStream, readFileSync } from "node:fs";
import { findJsonFault } from "./json-fault.js";

/** A file that cannot be read as text, or as JSON. One sentence with the way out. */
export class TextFileError extends Error {
  override readonly name = "TextFileError";
}

const marks: readonly (readonly [encoding: string, mark: readonly number[]])[] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

const saveAsUtf8 = "Save it as UTF-8.";

/** How the text that begins with these bytes is encoded, and the length of its byte order mark. */
function detectEncoding(bytes: Uint8Array): { readonly encoding: string; readonly markLength: number } {
  const marked = marks.find(([, mark]) => mark.every((byte, at) => bytes[at] === byte));
  if (marked !== undefined) return { encoding: marked[0], markLength: marked[1].length };
  // UTF-16 without a mark shows by its NULs: of ASCII text every other byte is one.
  const [first, second] = bytes;
  if (first === 0 && second !== undefined && second !== 0) return { encoding: "utf-16be", markLength: 0 };
  if (first !== 0 && second === 0) return { encoding: "utf-16le", markLength: 0 };
  return { encoding: "utf-8", markLength: 0 };
}

/** Decodes a text part by part. */
class TextDecoding {
  readonly #source: string;
  #encoding: string | undefined;
  #decoder: InstanceType<typeof TextDecoder> | undefined;

  constructor(source: string) {
    this.#source = source;
  }

  /** @throws {TextFileError} for what is neither UTF-8 nor UTF-16, or holds a NUL */
  decode(bytes: Uint8Array, isLast: boolean): string {
    let content = bytes;
    if (this.#decoder === undefined) {
      const { encoding, markLength } = detectEncoding(bytes);
      this.#encoding = encoding;
      this.#decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
      content = bytes.subarray(markLength);
    }
    let text: string;
    try {
      text = this.#decoder.decode(content, { stream: !isLast });
    } catch (cause) {
      throw new TextFileError(`${this.#source} is not valid ${this.#encoding?.toUpperCase()}. ${saveAsUtf8}`, {
        cause,
      });
    }
    if (text.includes("\0")) throw new TextFileError(`${this.#source} contains a NUL character. ${saveAsUtf8}`);
    return text;
  }
}

/**
 * The text that these bytes are, without its byte order mark. All line ends become LF.
 *
 * @throws {TextFileError} for what is neither UTF-8 nor UTF-16, or holds a NUL
 */
export function decodeText(bytes: Uint8Array, source: string): string {
  return new TextDecoding(source).decode(bytes, true).replace(/\r\n?/g, "\n");
}

function unreadable(path: string, cause: unknown): TextFileError {
  const { code = "unknown error" } = cause as NodeJS.ErrnoException;
  if (code === "ENOENT") return new TextFileError(`There is no file ${path}.`, { cause });
  return new TextFileError(`${path} cannot be read (${code}).`, { cause });
}

/** @throws {TextFileError} for a file that cannot be read, or is no text */
export function readTextFile(path: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  return decodeText(bytes, path);
}

/**
 * The lines of a file of any length.
 *
 * @throws {TextFileError} for a file that cannot be read, or is no text
 */
export async function* readTextLines(path: string): AsyncGenerator<string> {
  const decoding = new TextDecoding(path);
  let rest = "";
  try {
    for await (const chunk of createReadStream(path)) {
      // A CR at the end may be half of a line end.
      const lines = (rest + decoding.decode(chunk as Uint8Array, false)).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } catch (cause) {
    throw cause instanceof TextFileError ? cause : unreadable(path, cause);
  }
  yield* (rest + decoding.decode(new Uint8Array(), true)).split(/\r\n|\n|\r/);
}

/**
 * @param firstLine number of the text's first line in its file
 * @throws {TextFileError} with line and column of the first fault
 */
export function parseJsonText(text: string, source: string, firstLine = 1): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    if (text.trim() === "") throw new TextFileError(`${source} is empty. Expected JSON.`, { cause });
    const { offset, expected } = findJsonFault(text);
    const lines = text.slice(0, offset).split("\n");
    const found = offset < text.length ? JSON.stringify(String.fromCodePoint(text.codePointAt(offset)!)) : "the end";
    const place = `line ${firstLine + lines.length - 1}, column ${lines.at(-1)!.length + 1}`;
    throw new TextFileError(`${source} is not valid JSON: expected ${expected}, found ${found} at ${place}.`, {
      cause,
    });
  }
}

/** @throws {TextFileError} for a file that cannot be read, or holds no JSON */
export function readJsonFile(path: string): unknown {
  return parseJsonText(readTextFile(path), path);
}

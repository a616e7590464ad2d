/** The flags that say how to talk to somebody's server: `--header` and `--auth`. */
import { CliError, exitCodes } from "./cli-error.js";

const headerPattern = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*)$/;

/** `--header "Name: value"`, as often as it was given. */
export function parseHeaders(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const match = headerPattern.exec(text);
      if (match !== null) return [match[1], match[2]];
      throw new CliError(exitCodes.usage, `--header: "${text}" is no header; write it like "Name: value".`);
    }),
  );
}

/** `--auth '{"token":"..."}'`. The value is not repeated in the message: it may be a secret. */
export function parseAuth(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new CliError(exitCodes.usage, `--auth takes a JSON object, such as '{"token":"..."}'.`);
}

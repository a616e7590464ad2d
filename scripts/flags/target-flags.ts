/** The flags that say how to talk to somebody's server, and how long. */
import { runMsMax } from "../../loadtest/core/options.js";
import { parseDuration } from "../../schemas/index.js";
import { CliError, exitCodes, parseFlag } from "../cli-error.js";
import { listFlag, switchFlag, textFlag } from "./flag-table.js";

/** A duration that a run, or a part of it, may take, in milliseconds. */
export function parseRunMs(text: string, flag: string): number {
  const ms = parseFlag(flag, text, parseDuration);
  if (ms <= runMsMax) return ms;
  throw new CliError(exitCodes.usage, `${flag}: "${text}" is too long; it takes 20d at most.`);
}

/** `--header "Name: value"`, as often as it was given. Values are not repeated in messages: they may be secrets. */
export function parseHeaders(texts: readonly string[]): Record<string, string> {
  const headers = new Map<string, readonly [string, string]>();
  for (const text of texts) {
    const colon = text.indexOf(":");
    if (colon < 1)
      throw new CliError(exitCodes.usage, `--header has no name before a colon; write it like "Name: value".`);
    const name = text.slice(0, colon);
    const known = headers.get(name.toLowerCase());
    if (known !== undefined)
      throw new CliError(exitCodes.usage, `--header: "${name}" is given twice; it takes one value.`);
    headers.set(name.toLowerCase(), [name, text.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "")]);
  }
  return Object.fromEntries(headers.values());
}

export const headerFlag = listFlag({
  parse: parseHeaders,
  option: "headers",
  isSecret: true,
  default: [],
  defaultDescription: "none",
  description: 'sent with everything, as "Name: value"; may be repeated',
});

export const waitFlag = textFlag({
  parse: parseRunMs,
  option: "waitMs",
  default: "0s",
  description: "how long to wait until the server answers",
});

export const insecureFlag = switchFlag({
  default: false,
  description: "accept any certificate, such as one that the server signed itself",
});

/** Where a load test goes: one server, or members of one cluster. */
export const urlsFlag = listFlag({
  parse: (texts) => texts,
  option: "url",
  default: [],
  defaultDescription: "starts one of its own",
  description: "a running server; repeated, the members of one cluster",
});

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

/** How a finding is repeated: the checker's own case, and its request as a line of curl. Secrets are left to the reader. */
import type { Finding } from "../core/findings.js";
import { contractDefaults } from "../core/options.js";
import type { ContractResult } from "../core/result.js";
import { partLevels } from "../core/rules.js";
import { hasTag } from "../core/run-tag.js";

/** A word that a POSIX shell reads as this text. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** `npx max contract --url URL --case ID`, with what else the case needs. */
export function caseCommand({ url, seed, headerNames, certificate }: ContractResult, { id, part }: Finding): string {
  const words = ["npx", "max", "contract", "--url", url, "--case", id];
  if (seed !== contractDefaults.seed) words.push("--seed", seed);
  if (certificate === "unverified") words.push("--insecure");
  for (const name of headerNames) words.push("--header", `${name}: ...`);
  if (part === "control" && partLevels[part] === "management") words.push("--token", "...");
  return words.map(quote).join(" ");
}

/** The last request before a finding as one line; undefined where it cannot be sent again by itself. */
export function curlCommand(
  { url, headerNames, certificate }: ContractResult,
  { exchange, part }: Finding,
): string | undefined {
  if (exchange === undefined) return undefined;
  const { method, path, headers, body, isCut } = exchange.request;
  // What the run made is gone by now; a NUL is in no argument.
  if (isCut || hasTag(path) || (body !== undefined && (hasTag(body) || body.includes("\0")))) return undefined;
  const words = method === "HEAD" ? ["curl", "-I"] : ["curl", "-i"];
  if (certificate === "unverified") words.push("--insecure");
  if (method !== "HEAD" && method !== "GET") words.push("-X", method);
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  if (body !== undefined && !names.includes("content-type")) words.push("-H", "Content-Type: application/json");
  for (const [name, value] of Object.entries(headers)) words.push("-H", `${name}: ${value}`);
  for (const name of headerNames) words.push("-H", `${name}: ...`);
  if (part === "control") words.push("-H", "Authorization: Bearer ...");
  if (body !== undefined) words.push("--data-raw", body);
  return [...words, url + path].map(quote).join(" ");
}

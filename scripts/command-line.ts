/**
 * A command as one would type it again, for reports.
 *
 * Reports are passed around, so what may be a secret is left out: the value of --token, --agent-token, --auth and --header, and
 * credentials in an address.
 */
import { relative } from "node:path";
import { maskSecrets } from "../loadtest/core/mask-secrets.js";

const secret = /^--(?:token|agent-token|auth|header)(?:=|$)/;

/** Whether one of these arguments may be a secret, which other users of the machine could read in a list of processes. */
export function hasSecret(args: readonly string[]): boolean {
  return args.some((argument) => secret.test(argument));
}

function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}

/** What of a process tells how its command was typed. */
export interface Invocation {
  /** Node, the script, and the arguments. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** `npm run loadtest -- …`, `npx max …`, `max …` or `node dist/bin/max.js …`: as it was started. */
function describeStart({ argv: [, script = "max", ...args], env, cwd }: Invocation): { start: string; args: string[] } {
  const [command = "", ...flags] = args;
  // `run-script` to npm 10, `run` since.
  if ((env["npm_command"] ?? "").startsWith("run") && env["npm_lifecycle_event"] === command)
    return { start: `npm run ${command}${flags.length > 0 ? " --" : ""}`, args: flags };
  if (env["npm_command"] === "exec" || /[/\\]node_modules[/\\]\.bin[/\\]max$/.test(script))
    return { start: "npx max", args };
  if (/[/\\]max$/.test(script)) return { start: "max", args };
  return { start: `node ${quote(relative(cwd, script))}`, args };
}

/** @example describeCommand({ argv: ["node", "/usr/bin/max", "loadtest", "--token", "abc"], … }) // "max loadtest --token ***" */
export function describeCommand(invocation: Invocation): string {
  const { start, args } = describeStart(invocation);
  const words = [start];
  let isValueSecret = false;
  for (const argument of args) {
    const match = secret.exec(argument);
    if (isValueSecret) words.push("***");
    else if (match !== null && match[0].endsWith("=")) words.push(`${match[0]}***`);
    else words.push(quote(maskSecrets(argument)));
    isValueSecret = !isValueSecret && match !== null && !match[0].endsWith("=");
  }
  return words.join(" ");
}

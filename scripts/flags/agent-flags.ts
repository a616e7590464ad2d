/** The flags that have other hosts hold the subscribers of a load test. */
import { randomBytes } from "node:crypto";
import { describeValue } from "../../schemas/describe-value.js";
import { CliError, exitCodes } from "../cli-error.js";
import { listFlag, textFlag } from "./flag-table.js";
import { parseRunMs } from "./target-flags.js";

const agentsMax = 100;
const portMax = 65_535;
const group = "Agents:";

function parseAgents(text: string, flag: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= agentsMax) return count;
  throw new CliError(exitCodes.usage, `Invalid ${flag} ${describeValue(text)}: expected 1 to ${agentsMax}.`);
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

function parseListen(text: string, flag: string): ListenAddress {
  const [, bracketed, plain, port = ""] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host !== undefined && Number(port) <= portMax) return { host, port: Number(port) };
  throw new CliError(
    exitCodes.usage,
    `Invalid ${flag} ${describeValue(text)}: expected HOST:PORT, such as 0.0.0.0:7700; port 0 is any free one.`,
  );
}

function parseToken(text: string, flag: string): string {
  if (/^[\x21-\x7e]{8,200}$/.test(text)) return text;
  throw new CliError(exitCodes.usage, `Invalid ${flag}: expected 8 to 200 printable ASCII characters without spaces.`);
}

export const agentFlags = {
  agents: textFlag({
    group,
    parse: parseAgents,
    description: "wait for this many max agent, which hold the subscribers on their hosts",
    defaultDescription: "as many as --on; without it this host holds them",
  }),
  listen: textFlag({
    group,
    parse: parseListen,
    default: "127.0.0.1:7700",
    description: "where agents are listened for; 0.0.0.0:7700 for those of other hosts",
  }),
  "agent-token": textFlag({
    group,
    parse: parseToken,
    isSecret: true,
    description: "what agents show that they may take part",
    defaultDescription: "a new one, which is shown",
  }),
  "agents-wait": textFlag({
    group,
    parse: parseRunMs,
    option: undefined,
    default: "1m",
    description: "how long to wait for the agents",
  }),
  on: listFlag({
    group,
    parse: (texts) => texts,
    default: [],
    defaultDescription: "none",
    description: "command that starts an agent, such as 'ssh host'; max agent is appended; may be repeated",
  }),
};

export function newToken(): string {
  return randomBytes(18).toString("base64url");
}

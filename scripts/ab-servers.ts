/** The servers of an A/B test: addresses as they are, commands as a process of their own for each round. */
import { randomBytes } from "node:crypto";
import { nameOf } from "../loadtest/ab/rounds.js";
import type { AbSource } from "../loadtest/index.js";
import { startCommandServer } from "./command-server.js";

interface Given {
  /** A command, or an address. */
  readonly a: string;
  readonly b: string;
  /** Of servers that run already, and of those that are started. */
  readonly token: string | undefined;
  /** The token may be another server's. */
  readonly isTokenOptional: boolean;
}

export function isAddress(text: string): boolean {
  return /^https?:\/\/\S*$/i.test(text);
}

/** What `max demo` does where no flag says otherwise: it must not meet another one. Others have no use for these. */
function variablesFor(token: string): Readonly<Record<string, string>> {
  return { MAX_TOKEN: token, MAX_PORT: "0", MAX_STORE: ":memory:" };
}

/** A' is A once more: another process of the same command, or the same address. */
export function openAbServers({ a, b, token, isTokenOptional }: Given): AbSource {
  const own = token ?? randomBytes(24).toString("hex");
  const describe = (source: string) => ({ source, isProcess: !isAddress(source) });
  const of = { a: describe(a), b: describe(b), control: describe(a) };
  return {
    of,
    async open(side, signal) {
      const { source, isProcess } = of[side];
      if (!isProcess) {
        const target = { url: source, isTokenOptional, ...(token !== undefined && { token }) };
        return { target, close: async () => {} };
      }
      const env = variablesFor(own);
      const server = await startCommandServer({ command: source, role: `server ${nameOf(side)}`, env, signal });
      const target = { url: server.url, token: own, isTokenOptional: true, serverPids: server.pids() };
      return { target, close: () => server.stop() };
    },
  };
}

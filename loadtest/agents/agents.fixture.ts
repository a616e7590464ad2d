/** Agents in this process, and a hostile one: what a run with them is made of. */
import { once } from "node:events";
import { WebSocket } from "ws";
import { onTestFinished } from "vitest";
import type { AgentsOptions } from "../core/options.js";
import { type AgentOptions, runAgent } from "./agent.js";
import { encodeMessage } from "./codec.js";

export { textOf } from "./link.js";

export const agentToken = "token-of-a-test";

/** Options of a run that waits for these agents, which are started once it listens. */
export function withAgents(
  hosts: readonly string[],
  more: Partial<AgentsOptions> = {},
  begin: (controller: string) => void = () => {},
): { readonly agents: AgentsOptions; readonly ended: Promise<unknown>[] } {
  const ended: Promise<unknown>[] = [];
  const agents: AgentsOptions = {
    count: hosts.length,
    host: "127.0.0.1",
    port: 0,
    token: agentToken,
    waitMs: 60_000,
    onListening(port) {
      const controller = `ws://127.0.0.1:${port}`;
      for (const host of hosts) ended.push(startAgent({ controller, host }));
      begin(controller);
    },
    ...more,
  };
  return { agents, ended };
}

/** Resolves with the error that it ended with, if any. */
export function startAgent(
  options: Partial<AgentOptions> & Pick<AgentOptions, "controller" | "host">,
): Promise<unknown> {
  const running = runAgent({ token: agentToken, workers: 0, waitMs: 0, ...options });
  return running.then(
    () => undefined,
    (error: unknown) => error,
  );
}

export const hello = {
  type: "hello",
  version: "0.0.0",
  simulatorVersion: "1",
  host: "hostile",
  workers: 1,
  workersMax: 1,
  environment: { node: "", platform: "", cpuModel: "", cores: 1, memoryBytes: 1, openFilesMax: null },
};

/** A connection of somebody who has the token, and keeps to nothing. */
export async function connectHostile(controller: string): Promise<{
  readonly socket: WebSocket;
  send(message: unknown): void;
  /** Why the controller ended it. */
  readonly closed: Promise<string>;
}> {
  const socket = new WebSocket(controller, { headers: { authorization: `Bearer ${agentToken}` } });
  onTestFinished(() => socket.terminate());
  socket.on("error", () => {});
  const closed = new Promise<string>((resolve) =>
    socket.on("close", (code, reason) => resolve(reason.toString() || `code ${code}`)),
  );
  await once(socket, "open");
  return { socket, send: (message) => socket.send(encodeMessage(message)), closed };
}

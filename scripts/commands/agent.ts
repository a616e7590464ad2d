/** `max agent`: generators on this host for `max loadtest --agents` on another one. Serves one run, then ends. */
import { hostname } from "node:os";
import { type AgentOptions, runAgent } from "../../loadtest/index.js";
import { describeValue } from "../../schemas/describe-value.js";
import { CliError, exitCodes } from "../cli-error.js";
import { defineCommand } from "../flags/command.js";
import { type FlagValues, asText, switchFlag, textFlag } from "../flags/flag-table.js";
import { parseRunMs } from "../flags/target-flags.js";
import { interruption } from "../interruption.js";
import { parseWorkers } from "./loadtest-run.js";

const flags = {
  controller: textFlag({
    parse: asText,
    option: "controller",
    description: "the address that max loadtest --agents listens at, such as ws://host:7700",
  }),
  token: textFlag({
    parse: asText,
    option: "token",
    isSecret: true,
    isOwn: true,
    description: "the token that max loadtest --agents shows, or was given",
    defaultDescription: "MAX_AGENT_TOKEN",
  }),
  workers: textFlag({
    parse: parseWorkers,
    option: "workers",
    description: "processes that hold the subscribers",
    defaultDescription: "one for 250 subscribers, at most all cores but one",
  }),
  name: textFlag({
    parse: parseName,
    option: "host",
    description: "what this host is called in the reports",
    defaultDescription: "its host name",
  }),
  wait: textFlag({
    parse: parseRunMs,
    option: "waitMs",
    default: "1m",
    description: "how long to wait until the controller answers",
  }),
  quiet: switchFlag({ default: false, description: "no progress" }),
};

function parseName(text: string): string {
  if (/^[\w.-]{1,100}$/.test(text)) return text;
  throw new CliError(
    exitCodes.usage,
    `Invalid --name ${describeValue(text)}: expected 1 to 100 letters, digits, dots, hyphens or underscores.`,
  );
}

function prepare({ controller, token, workers, name, wait, quiet }: FlagValues<typeof flags>): AgentOptions {
  if (controller === undefined)
    throw new CliError(
      exitCodes.usage,
      "Missing --controller: expected the address that max loadtest --agents listens at, such as ws://host:7700.",
    );
  if (token === undefined || token === "")
    throw new CliError(
      exitCodes.usage,
      "Missing --token: max loadtest --agents shows it, or has it from --agent-token.",
    );
  return {
    controller,
    token,
    workers,
    host:
      name ??
      hostname()
        .replaceAll(/[^\w.-]/g, "_")
        .slice(0, 100),
    waitMs: wait,
    ...(quiet ? {} : { tell: (line: string) => void process.stderr.write(`${line}\n`) }),
  };
}

export const agentCommand = defineCommand({
  flags,
  examples: [
    ["max agent --controller ws://loadtest:7700 --token TOKEN", "waits for the controller, and serves one run"],
    ["max agent --controller ws://loadtest:7700 --token TOKEN --workers 4 --name rack-7", "more, by a name"],
    ["max loadtest --url URL --agents 2 --listen 0.0.0.0:7700", "the controller, on another host"],
  ],
  epilogue:
    "Exit codes: 0 the run is over, whatever its verdict; 2 usage, or the controller refuses the token, version or name; 4 no controller, or it went away; 130 interrupted.",
  prepare,
  async run(options) {
    using interrupt = interruption();
    await runAgent({ ...options, signal: interrupt.signal });
    if (interrupt.signal.aborted) process.exitCode = exitCodes.interrupted;
  },
});

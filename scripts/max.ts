#!/usr/bin/env node
/** The `max` command: turns whatever a subcommand throws into one sentence and an exit code. */
import { hideBin } from "yargs/helpers";
import { CliError, exitCodes } from "./cli-error.js";
import { hasSecret } from "./command-line.js";
import { tolerateLostOutput } from "./lost-output.js";
import { createMaxCommand } from "./max-command.js";

// Without a listener Node opens its debugger to every process on this machine.
process.on("SIGUSR1", () => {});
if (hasSecret(process.argv)) process.title = "max";

tolerateLostOutput();

try {
  const cli = await createMaxCommand(hideBin(process.argv));
  await cli.parseAsync();
} catch (error) {
  const isKnown = error instanceof CliError;
  process.stderr.write(
    isKnown ? `max: ${error.message}\n` : `${error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exitCode = isKnown ? error.exitCode : exitCodes.failed;
  // A channel to a parent process that is listened to would keep this one alive.
  if (process.connected) process.disconnect();
}

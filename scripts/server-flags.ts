/** The flags that start a server or a world, as values; what cannot be used ends the command with a sentence. */
import { StartError } from "../server/start-error.js";
import { CliError, exitCodes } from "./cli-error.js";

/** `--port`. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535 || text.trim() === "") {
    throw new CliError(
      exitCodes.usage,
      `--port: "${text}" is not a port; it takes 0 to 65535, and 0 means any free one.`,
    );
  }
  return port;
}

/** `--speed`. */
export function parseSpeed(text: string): number {
  const speed = Number(text);
  if (!(speed >= 0.01 && speed <= 1000)) {
    throw new CliError(
      exitCodes.usage,
      `--speed: "${text}" is not a speed; it takes 0.01 to 1000, and 1 is the clock's own.`,
    );
  }
  return speed;
}

/** `--tick-ms` as a number, where it is given. */
export function parseTickMs(text: string | undefined): { readonly tickMs?: number } {
  if (text === undefined) return {};
  const tickMs = Number(text);
  if (!Number.isInteger(tickMs) || tickMs < 100 || tickMs > 1000) {
    throw new CliError(exitCodes.usage, `--tick-ms: "${text}" is not a whole number of milliseconds from 100 to 1000.`);
  }
  return { tickMs };
}

/** What kept a server from starting, as the command's end; anything else as it is. */
export function asCliError(error: unknown): unknown {
  if (!(error instanceof StartError)) return error;
  return new CliError(error.code === "badOption" ? exitCodes.usage : exitCodes.couldNotStart, error.message, {
    cause: error,
  });
}

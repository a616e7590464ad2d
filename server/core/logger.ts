/** The narrow part of pino that the rooms log through. No payloads, no session ids, no tokens. */
import { type Logger as PinoLogger, pino } from "pino";
import { objectWith } from "../../schemas/option-table.js";

export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const loggerRule = objectWith("a logger with debug, info, warn and error", "debug", "info", "warn", "error");

export const silentLogger: Logger = { debug: noop, info: noop, warn: noop, error: noop };

function noop(): void {
  // Deliberately silent.
}

/** Structured lines on stderr, from `level` up. */
export function createLogger(level: "debug" | "info" | "warn" | "error"): Logger {
  const destination = pino.destination({ dest: 2, sync: true });
  // A full disk, or a reader that has gone, must not end the server.
  destination.on("error", noop);
  const logger: PinoLogger = pino({ level, base: null }, destination);
  return logger;
}

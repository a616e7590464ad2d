/** The narrow part of pino that the rooms log through. No payloads, no session ids, no tokens. */
import { type Logger as PinoLogger, pino } from "pino";
import type { LogFormat, LogLevel } from "./log-choices.js";
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

const levelNames: Readonly<Record<number, string>> = { 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR" };

/**
 * Structured lines on stderr, from `level` up.
 *
 * @param format `text`: for people, a line such as `09:30:00.125 WARN a request failed path=/api/sectors`
 */
export function createLogger(level: LogLevel, format: LogFormat = "json"): Logger {
  const destination = pino.destination({ dest: 2, sync: true });
  // A full disk, or a reader that has gone, must not end the server.
  destination.on("error", noop);
  const stream = format === "json" ? destination : { write: (line: string) => destination.write(asText(line)) };
  const logger: PinoLogger = pino({ level, base: null }, stream);
  return logger;
}

/** A line of JSON as one for people. */
function asText(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const at = new Date(Number(time)).toISOString().slice(11, 23);
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${formatField(value)}`);
  return `${at} ${(levelNames[Number(level)] ?? String(level)).padEnd(5)} ${String(msg)}${pairs.join("")}\n`;
}

function formatField(value: unknown): string {
  return typeof value === "string" && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

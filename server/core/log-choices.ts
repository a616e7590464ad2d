/** What a log may be like. Without the logger itself, which flags and their help need not load. */

/** From the most that is logged to nothing. */
export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** One JSON object a line, or lines for people. */
export const logFormats = ["json", "text"] as const;
export type LogFormat = (typeof logFormats)[number];

/**
 * Timestamps as this server writes them: ISO 8601 in UTC with exactly three digits of a second.
 *
 * The schema's pattern lets through what only looks like an instant (the 30th of February, 24:61);
 * those are found here. The last answer is kept, because all events of a tick share their instant.
 */

export interface WireTimestamps {
  /** The text as it goes over the wire, or undefined when it names no instant. */
  fromText(text: string): string | undefined;
  fromMs(epochMs: number): string;
}

/** Length of `2025-01-15T10:30:00`, the part before any fraction. */
const wholeSecondsChars = 19;

export function createWireTimestamps(): WireTimestamps {
  let lastText = "";
  let lastOfText = "";
  let lastMs = Number.NaN;
  let lastOfMs = "";
  return {
    fromText(text) {
      if (text === lastText) return lastOfText;
      const epochMs = Date.parse(text);
      if (Number.isNaN(epochMs)) return undefined;
      const wire = new Date(epochMs).toISOString();
      // Date.parse rolls a day that the month does not have over into the next month.
      if (wire.slice(0, wholeSecondsChars) !== text.slice(0, wholeSecondsChars)) return undefined;
      lastText = text;
      lastOfText = wire;
      return wire;
    },
    fromMs(epochMs) {
      if (epochMs !== lastMs) {
        lastOfMs = new Date(epochMs).toISOString();
        lastMs = epochMs;
      }
      return lastOfMs;
    },
  };
}

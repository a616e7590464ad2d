/** One part that fails must not stop the others: its error is reported as an uncaught one is, and they go on. */

/** Runs one of several parts. */
export function attempt(part: () => void): void {
  try {
    part();
  } catch (error) {
    reportError(error);
  }
}

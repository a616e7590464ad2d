/**
 * The long run, `npm run test:long`: what takes more than a moment is done in full there, and otherwise in part.
 *
 * It stands in the lowest room, since tests of every room ask for it.
 */
export const isLongRun = process.env["MAX_LONG"] !== undefined;

/** How much of something a test does: `usual` in `npm test`, `long` in the long run. */
export function usualOrLong<Amount>(usual: Amount, long: Amount): Amount {
  return isLongRun ? long : usual;
}

/** What a test needs besides this project: a browser, a database, an interpreter. */

/** Whether a test may be skipped for want of it. In CI it may not: a test that did not run has shown nothing. */
export function isSkippedWithout(isThere: boolean): boolean {
  return !isThere && process.env["CI"] === undefined;
}

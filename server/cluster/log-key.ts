/** @returns the key of a log's stream in Redis */
export function logKey(logId: string): string {
  return `max:${logId}:log`;
}

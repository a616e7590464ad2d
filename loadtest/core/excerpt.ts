/** What is kept of a text that a server chose, for people to read. */
const usualCharactersMax = 600;

/**
 * The beginning of a text, in memory of its own.
 *
 * A part of a string that is not copied keeps the whole string alive, and a server may send a long one to each of
 * thousands of subscribers.
 */
export function excerpt(text: string, charactersMax = usualCharactersMax): string {
  return text.length <= charactersMax ? text : Buffer.from(text.slice(0, charactersMax)).toString();
}

/** Why a server refuses somebody, in one line: the status and what the answer says itself. */

const shownCharactersMax = 200;

function asOneLine(text: string): string {
  return text
    .replace(/<[^>]*>|\p{Cc}/gu, " ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, shownCharactersMax);
}

/** What a problem document says, or Engine.IO's answer; empty where the text is neither. */
function sentenceInJson(text: string): string {
  return asOneLine(/"(?:detail|message)"\s*:\s*"([^"]+)"/.exec(text)?.[1] ?? "");
}

/** The server's own sentence, from JSON or any text. */
export function sentenceIn(text: string): string {
  return sentenceInJson(text) || asOneLine(text);
}

/** Only JSON is read: other answers are pages. */
export function reasonOfRefusal(status: number | string, text: string): string {
  const sentence = sentenceInJson(text);
  return `refused with ${status}${sentence === "" ? "" : `: ${sentence.replace(/\.$/, "")}`}`;
}

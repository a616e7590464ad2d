/** Takes credentials out of addresses before they are shown: reports are passed around, and logs are kept. */

const userInfo = /(\w:\/\/)\S*@/g;
const secretParameter = /([?&][^=&#\s]*(?:token|key|secret|passw|pwd|auth|credential|sig)[^=&#\s]*=)[^&#\s]*/gi;

/** The text with `***` for the user and password of each URL in it, and for query parameters that may be secret. */
export function maskSecrets(text: string): string {
  return text.replace(userInfo, "$1***@").replace(secretParameter, "$1***");
}

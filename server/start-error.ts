/** The server could not start: a code for programs, a sentence with the way out for people. */

export type StartErrorCode =
  | "portTaken"
  | "portForbidden"
  | "addressUnavailable"
  | "badOption"
  | "tokenUnreadable"
  | "storeUnusable";

export class StartError extends Error {
  override readonly name = "StartError";
  readonly code: StartErrorCode;

  constructor(code: StartErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

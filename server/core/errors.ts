/** The server could not start: a code for programs, a sentence with the way out for people. */

export type StartErrorCode =
  | "badEnvironment"
  | "portTaken"
  | "portForbidden"
  | "addressUnavailable"
  | "badOption"
  | "tokenUnreadable"
  | "storeUnusable";

export class StartError extends Error {
  override readonly name = "StartError";
  readonly code: StartErrorCode;
  /** The option at fault, such as `limits.connectionsMax`, and named so in the message. */
  readonly option: string | undefined;

  constructor(code: StartErrorCode, message: string, options: ErrorOptions & { readonly option?: string } = {}) {
    super(message, options);
    this.code = code;
    this.option = options.option;
  }
}

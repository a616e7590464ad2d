/** The server could not start: a code for programs, a sentence with the way out for people. */

/** By code: what it means, and what the command line ends with. The reference in README.md lists the same. */
export const startErrors = {
  badEnvironment: { exitCode: 5, meaning: "the JavaScript environment lacks what the server needs" },
  badOption: { exitCode: 2, meaning: "an option cannot be used" },
  portTaken: { exitCode: 5, meaning: "another program listens on the port" },
  portForbidden: { exitCode: 5, meaning: "the system does not allow this user to listen on the port" },
  addressUnavailable: { exitCode: 5, meaning: "the host is not an address of this machine" },
  tokenUnreadable: { exitCode: 5, meaning: "the file of the control token cannot be read or written" },
  storeUnusable: { exitCode: 5, meaning: "the store cannot be opened, is in use, is damaged or holds another market" },
} as const;

export type StartErrorCode = keyof typeof startErrors;

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

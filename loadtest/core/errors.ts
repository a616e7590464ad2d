/** What load test and contract checker end with before they have judged anything: codes for programs, sentences for people. */

/** By code: what it means, and what the command line ends with. The reference in README.md lists the same. */
export const loadtestErrors = {
  badOption: { exitCode: 2, meaning: "an option, a plan, a threshold or a folder cannot be used" },
  badUrl: { exitCode: 2, meaning: "the URL cannot be used" },
  badHeader: { exitCode: 2, meaning: "a header cannot be sent" },
  badToken: { exitCode: 2, meaning: "the control token cannot be sent" },
  blockedPort: { exitCode: 4, meaning: "HTTP clients refuse the port of the URL" },
  unreachable: { exitCode: 4, meaning: "nothing answers at the URL" },
  noAnswer: { exitCode: 4, meaning: "the server gives no HTTP answer" },
  tls: { exitCode: 4, meaning: "TLS fails: a certificate, or http where https is expected" },
  redirect: { exitCode: 4, meaning: "the server redirects subscribers elsewhere" },
  wrongHost: { exitCode: 4, meaning: "the server refuses the host name of the URL" },
  refused: { exitCode: 4, meaning: "the server refuses subscribers" },
  notSocketIo: { exitCode: 4, meaning: "what answers is no Socket.IO server" },
  cannotListen: { exitCode: 5, meaning: "the address for agents cannot be listened on" },
  noAgents: { exitCode: 4, meaning: "agents did not come, cannot hold their share, or went before they were ready" },
  agentRefused: { exitCode: 2, meaning: "the controller refuses the agent: its token, version or name" },
  noController: { exitCode: 4, meaning: "no controller answers the agent" },
  controllerLost: { exitCode: 4, meaning: "the controller went away, or ended the agent's part of the run" },
  otherMarket: { exitCode: 4, meaning: "the URLs are not of members of one cluster" },
  notFollowed: { exitCode: 3, meaning: "the stream cannot be regenerated although what was given asks for it" },
} as const;

export type LoadtestErrorCode = keyof typeof loadtestErrors;
export type TargetProblem = Exclude<LoadtestErrorCode, "badOption">;

/** The server cannot be tested: it does not answer, rejects the client, or is something else. One sentence with the way out. */
export class TargetError extends Error {
  override readonly name = "TargetError";
  readonly code: TargetProblem;

  constructor(code: TargetProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What was asked for cannot be done: an option, a plan, a threshold, a folder. */
export class OptionError extends Error {
  override readonly name = "OptionError";
  readonly code = "badOption";
  /** The option at fault, named so in the message. */
  readonly option: string | undefined;

  constructor(message: string, options: ErrorOptions & { readonly option?: string | undefined } = {}) {
    super(message, options);
    this.option = options.option;
  }
}

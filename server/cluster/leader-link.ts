/** How a member asks the leader of its cluster: over connections that stay open. */
import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as sendRequest,
} from "node:http";

/** Set on a request that a member sends: whoever gets it answers as the leader, or not at all. */
export const forwardedHeader = "x-max-forwarded";

export interface LeaderRequest {
  readonly method: string;
  readonly headers?: OutgoingHttpHeaders;
  /** @default there is none */
  readonly body?: IncomingMessage;
  /** How long the leader may be silent. */
  readonly silentMsMax: number;
}

export class LeaderLink {
  readonly #agent = new Agent({ keepAlive: true });

  send(url: URL, { method, headers, body, silentMsMax }: LeaderRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = sendRequest(url, {
        method,
        headers: { ...headers, [forwardedHeader]: "1" },
        agent: this.#agent,
        timeout: silentMsMax,
      });
      sent.on("response", (answer) => {
        // Node no longer sends the rest of a body that the leader has answered before its end.
        answer.on("end", () => {
          if (!sent.writableFinished) sent.destroy();
        });
        resolve(answer);
      });
      sent.on("error", reject);
      sent.on("timeout", () => sent.destroy(new Error("The leader does not answer.")));
      if (body === undefined) sent.end();
      else hand(body, sent);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/**
 * What the leader leaves unread is in the way of the connection's next request; what the client does not send is not
 * waited for.
 */
function hand(body: IncomingMessage, sent: ClientRequest): void {
  sent.on("close", () => body.unpipe(sent).resume());
  body.on("close", () => {
    if (!body.complete) sent.destroy();
  });
  body.pipe(sent);
}

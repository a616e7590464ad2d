/** How a member asks the leader of its cluster: over connections that stay open, and so that the leader knows it. */
import { createHmac, timingSafeEqual } from "node:crypto";
import {
  Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
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
  /** What only members can send: made of the token, which is not sent itself. */
  readonly #proof: Buffer;

  /** @param token the cluster's */
  constructor(token: string) {
    this.#proof = Buffer.from(createHmac("sha256", token).update("max-harness member").digest("hex"));
  }

  /** Whether a member has sent a request with these headers. It has counted it for its client already. */
  hasSent(headers: IncomingHttpHeaders): boolean {
    const given = Buffer.from(String(headers[forwardedHeader] ?? ""));
    return given.length === this.#proof.length && timingSafeEqual(given, this.#proof);
  }

  send(url: URL, { method, headers, body, silentMsMax }: LeaderRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = sendRequest(url, {
        method,
        headers: { ...headers, [forwardedHeader]: this.#proof.toString() },
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

/**
 * A balancer in front of the members of a cluster: each request goes to the next one, a WebSocket connection whole to
 * one, and a polling session to the member that began it.
 */
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, createServer, request as sendRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** Its address, until the test ends. */
export async function startRoundRobin(urls: readonly string[]): Promise<string> {
  /** By Engine.IO's session. */
  const sessions = new Map<string, string>();
  let turn = 0;

  function choose({ url = "" }: IncomingMessage): string {
    const session = new URL(url, "http://localhost").searchParams.get("sid");
    return (session === null ? undefined : sessions.get(session)) ?? urls[turn++ % urls.length];
  }
  function forward({ method, headers, url = "" }: IncomingMessage, member: string): ClientRequest {
    return sendRequest(new URL(url, member), { method, headers, agent: false });
  }
  const proxy = createServer((asked, answer) => {
    const member = choose(asked);
    const forwarded = forward(asked, member).on("error", () => void answer.destroy());
    forwarded.on("response", (reply) => {
      reply.on("end", () => forwarded.destroy());
      if (asked.url?.startsWith("/socket.io/") === true)
        reply.once("data", (chunk: Buffer) => {
          const session = /^0\{"sid":"([^"]+)"/.exec(chunk.toString("latin1"))?.[1];
          if (session !== undefined) sessions.set(session, member);
        });
      reply.pipe(answer.writeHead(reply.statusCode ?? 502, reply.headers));
    });
    // What a member leaves unread must not be in the way of the connection's next request.
    forwarded.on("close", () => asked.unpipe(forwarded).resume());
    asked.pipe(forwarded);
  });
  proxy.on("upgrade", (asked, client) => {
    const forwarded = forward(asked, choose(asked)).on("error", () => void client.destroy());
    client.on("error", () => void forwarded.destroy());
    forwarded.on("upgrade", (reply, server, head) => {
      const fields = reply.rawHeaders.map((text, n) => text + (n % 2 === 0 ? ": " : "\r\n")).join("");
      client.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`);
      client.write(head);
      server.on("error", () => void client.destroy());
      client.on("error", () => void server.destroy());
      client.pipe(server).pipe(client);
    });
    forwarded.end();
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(async () => {
    proxy.closeAllConnections();
    proxy.close();
    await once(proxy, "close");
  });
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

/** A reverse proxy that puts a server below a path, as people do with one address for many things. */
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, createServer, request as sendRequest } from "node:http";
import type { AddressInfo } from "node:net";

export interface PrefixProxy extends AsyncDisposable {
  /** The server's address behind the proxy, without a slash at the end. */
  readonly url: string;
}

/** What is not below the prefix is answered 404, and never seen by the server. Some put it into Location, too. */
export async function startPrefixProxy(
  serverUrl: string,
  prefix: string,
  rewrites: "location" | "nothing",
): Promise<PrefixProxy> {
  const { hostname, port } = new URL(serverUrl);

  function forward({ method, headers, url = "" }: IncomingMessage): ClientRequest {
    return sendRequest({ hostname, port, method, headers, path: url.slice(prefix.length), agent: false });
  }
  const isBelow = ({ url = "" }: IncomingMessage): boolean => url.startsWith(`${prefix}/`);

  const proxy = createServer((asked, answer) => {
    if (!isBelow(asked)) {
      answer.writeHead(404).end("nothing here");
      return;
    }
    const forwarded = forward(asked).on("error", () => void answer.destroy());
    forwarded.on("response", (reply) => {
      const { location } = reply.headers;
      if (location !== undefined && rewrites === "location") reply.headers.location = prefix + location;
      reply.pipe(answer.writeHead(reply.statusCode ?? 502, reply.headers));
    });
    asked.pipe(forwarded);
  });
  proxy.on("upgrade", (asked, client) => {
    if (!isBelow(asked)) {
      client.destroy();
      return;
    }
    const forwarded = forward(asked).on("error", () => void client.destroy());
    forwarded.on("upgrade", (reply, server, head) => {
      const fields = reply.rawHeaders.map((text, n) => text + (n % 2 === 0 ? ": " : "\r\n")).join("");
      client.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`);
      client.write(head);
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        from.on("error", () => void to.destroy());
        from.pipe(to);
      }
    });
    forwarded.end();
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${prefix}`,
    async [Symbol.asyncDispose]() {
      proxy.closeAllConnections();
      proxy.close();
      await once(proxy, "close");
    },
  };
}

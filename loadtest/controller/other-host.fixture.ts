/**
 * A server as it is seen on another host, which was started at another time: a proxy that moves every instant of
 * the server's monotonic clock in what /api/simulation answers, and hands on the rest as it is.
 */
import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer, request as requestHttp } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text as readText } from "node:stream/consumers";
import { onTestFinished } from "vitest";

function moveInstants(answer: string, aheadNs: bigint): string {
  const instant = /("(?:monotonic|accepted)Ns":")(\d+)/g;
  return answer.replace(instant, (_, name: string, ns: string) => name + (BigInt(ns) + aheadNs));
}

/** Returns the proxy's URL. */
export async function startOtherHost(serverUrl: string, aheadNs: bigint): Promise<string> {
  const { hostname, port } = new URL(serverUrl);
  async function handOn(path: string, answer: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readText(answer);
    const { "content-type": type = "" } = answer.headers;
    const said = path.startsWith("/api/simulation") ? moveInstants(body, aheadNs) : body;
    response.writeHead(answer.statusCode ?? 502, { "content-type": type }).end(said);
  }
  const proxy = createServer((request, response) => {
    const { method, url: path = "", headers } = request;
    const upstream = requestHttp({ hostname, port, method, path, headers }, (answer) => {
      void handOn(path, answer, response);
    });
    upstream.on("error", () => response.destroy());
    request.pipe(upstream);
  });
  proxy.on("upgrade", (request: IncomingMessage, client, head: Buffer) => {
    const server = connect({ host: hostname, port: Number(port), noDelay: true });
    const lines = [`GET ${request.url} HTTP/1.1`];
    for (let at = 0; at < request.rawHeaders.length; at += 2)
      lines.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`);
    server.write(`${lines.join("\r\n")}\r\n\r\n`);
    server.write(head);
    client.pipe(server).pipe(client);
    client.on("error", () => server.destroy());
    server.on("error", () => client.destroy());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

/** A proxy that serves another server under a path, as a gateway does. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { onTestFinished } from "vitest";

const requestLine = /^(GET|HEAD|POST) \/behind\//;

/** Resolves with the address; a path outside it is answered with nothing. */
export async function startPrefix(targetUrl: string): Promise<string> {
  const target = new URL(targetUrl);
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    let isUpgraded = false;
    client.on("data", (chunk) => {
      const text = chunk.toString("latin1");
      if (!isUpgraded && /^[A-Z]+ \//.test(text) && !requestLine.test(text)) client.destroy();
      upstream.write(isUpgraded ? chunk : Buffer.from(text.replace(requestLine, "$1 /"), "latin1"));
      isUpgraded ||= /^upgrade: websocket/im.test(text);
    });
    upstream.pipe(client);
    for (const socket of [client, upstream]) socket.on("error", () => socket.destroy());
    client.on("close", () => upstream.destroy());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/behind`;
}

/** A proxy in front of a server that takes some of the upgrades and then says nothing. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { onTestFinished } from "vitest";

/** `hangs` tells it of each upgrade by its number, from 0. */
export async function startHanging(targetUrl: string, hangs: (upgrade: number) => boolean): Promise<string> {
  const target = new URL(targetUrl);
  let upgrades = 0;
  const server = createServer((client) => {
    client.on("error", () => client.destroy());
    client.once("data", (head) => {
      if (/^upgrade: websocket/im.test(head.toString("latin1")) && hangs(upgrades++)) return;
      const upstream = connect(Number(target.port), target.hostname, () => upstream.write(head));
      upstream.on("error", () => client.destroy());
      client.on("close", () => upstream.destroy());
      client.pipe(upstream).pipe(client);
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Another address of Redis or Postgres: for hosts that do not reach this machine's loopback, or with answers that are late. */
import { once } from "node:events";
import { type AddressInfo, type Socket, connect, createServer } from "node:net";
import { Transform } from "node:stream";
import { onTestFinished } from "vitest";

const ports: Readonly<Record<string, number>> = { "redis:": 6379, "postgres:": 5432, "postgresql:": 5432 };

export interface ForwarderOptions {
  /** Where it listens. @default "127.0.0.1" */
  readonly host?: string;
  /** By how much everything that comes back is late, milliseconds. @default 0 */
  readonly delayMs?: number;
}

function late(delayMs: number): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      setTimeout(() => this.push(chunk), delayMs);
      callback();
    },
  });
}

/** The address that leads to this one, until the test ends. */
export async function forwardTo(url: string, { host = "127.0.0.1", delayMs = 0 }: ForwarderOptions): Promise<string> {
  const { hostname, port, protocol } = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port || ports[protocol]), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.setNoDelay(true).on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    near.pipe(far);
    if (delayMs > 0) far.pipe(late(delayMs)).pipe(near);
    else far.pipe(near);
  });
  server.listen(0, host);
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const target = new URL(url);
  target.host = `${host}:${(server.address() as AddressInfo).port}`;
  return target.href;
}

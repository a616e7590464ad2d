/** A server's address leads to that server, whoever else listens on the same port of this machine. */
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { startMax } from "../main.js";
import { listen, urlOf } from "./listen.js";

/** Listens there until the test is over; null where this machine has no such address, or the port is taken. */
async function occupy(host: string, port = 0): Promise<number | null> {
  const server = createServer((_, response) => response.end("somebody else"));
  const isListening = await listenOrFail(server, host, port);
  onTestFinished(() => void server.close());
  return isListening ? (server.address() as AddressInfo).port : null;
}

async function listenOrFail(server: Server, host: string, port: number): Promise<boolean> {
  try {
    await listen(server, port, host);
    return true;
  } catch {
    return false;
  }
}

test.for([
  ["127.0.0.1", "::1", "http://127.0.0.1:"],
  ["::1", "127.0.0.1", "http://[::1]:"],
])(
  "on %s it is not called localhost where another program holds the port on %s",
  async ([own, other, start], { skip }) => {
    const port = await occupy(own);
    if (port === null) {
      skip(`this machine has no ${own}`);
      return;
    }
    const family = own.includes(":") ? "IPv6" : "IPv4";
    expect(await urlOf({ address: own, family, port })).toBe(`http://localhost:${port}`);
    if ((await occupy(other, port)) === null) {
      skip(`port ${port} of ${other} cannot be taken here`);
      return;
    }
    expect(await urlOf({ address: own, family, port })).toBe(`${start}${port}`);
  },
);

test("startMax().url leads to the server that it started", async ({ skip }) => {
  const port = await occupy("::1");
  if (port === null) {
    skip("this machine has no ::1");
    return;
  }
  const max = await startMax({ port, clock: "manual" });
  onTestFinished(() => max.close());
  expect(max.url).toBe(`http://127.0.0.1:${port}`);
  expect(await (await fetch(`${max.url}/livez`)).json()).toEqual({ status: "ok" });
});

test.each(["256.1.1.1", "fe80::1%nowhere", "no.such.host.invalid"])(
  "%s is refused as no address of this machine",
  async (host) => {
    await expect(startMax({ port: 0, host })).rejects.toMatchObject({
      code: "addressUnavailable",
      message: `"${host}" is not an address of this machine. Expected 127.0.0.1, 0.0.0.0 or one of its own.`,
    });
  },
);

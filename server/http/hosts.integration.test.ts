/** DNS rebinding: on loopback only names of this machine are answered, whatever address the server listens on. */
import { request } from "node:http";
import { expect, test } from "vitest";
import { startMax } from "../main.js";

/** The status of a request to loopback that asks for another host. */
function ask(port: string, path: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ port, host: "127.0.0.1", path, headers: { host }, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });
}

const handshake = "/socket.io/?EIO=4&transport=polling";

test.each(["127.0.0.1", "0.0.0.0"])(
  "a foreign host name is turned away on loopback (listening on %s)",
  async (host) => {
    const max = await startMax({ port: 0, host, clock: "manual", limits: { allowedHosts: ["market.example"] } });
    const { port } = new URL(max.url);
    for (const name of ["localhost", "evil.example", "market.example", "127.1.2.3", "127.evil.example"]) {
      const isAllowed = !name.endsWith("evil.example");
      expect(await ask(port, "/api/sectors", name)).toBe(isAllowed ? 200 : 421);
      expect(await ask(port, "/", name)).toBe(isAllowed ? 200 : 421);
      expect(await ask(port, handshake, name)).toBe(isAllowed ? 200 : 403);
    }
    await max.close();
  },
);

/** A header's value arrives as it was given, or is refused before anything is sent. */
import { once } from "node:events";
import { type RequestListener, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { amount } from "../../schemas/amount.fixture.js";
import { createStream } from "../../simulator/random/stream.js";
import { TargetError } from "../index.js";
import { parseTarget } from "../core/target.js";
import { requireSocketIo } from "../core/target-requests.js";

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const tries = amount(2000, 20_000);
test(
  `${tries} header values (seed set-up) are sent by fetch as they are, or refused before`,
  { timeout: 60_000 },
  async () => {
    let seen: unknown;
    const target = await serve((request, response) => {
      seen = request.headers["x-tried"];
      response.end('0{"sid":"a"}');
    });
    const random = createStream("set-up", "header", "value", "characters");
    const below = (end: number): number => Math.floor(random.uniform() * end);
    const alphabets = ["abcXYZ 09-_=.;,", "\r\n\t\0\u007f", "äß€日😀\u0085\u00a0\u2028", '"\\(){}<>:/?@'];
    let accepted = 0;
    for (let tried = 0; tried < tries; tried += 1) {
      const alphabet = Array.from(alphabets[0] + (below(4) === 0 ? alphabets[1 + below(3)] : ""));
      const value = Array.from({ length: below(12) }, () => alphabet[below(alphabet.length)]).join("");
      const bytes = Buffer.from(value, "utf8");
      const isPrintable = bytes.every((byte) => byte === 9 || (byte >= 32 && byte < 127));
      const parse = () => parseTarget({ url: target, headers: { "X-Tried": value } });
      if (!isPrintable) {
        expect(parse, JSON.stringify(value)).toThrow(TargetError);
        continue;
      }
      accepted += 1;
      if (accepted % 10 !== 0) continue;
      await requireSocketIo(parse());
      expect(seen).toBe(value.replace(/^[ \t]+|[ \t]+$/g, ""));
    }
    expect(accepted).toBeGreaterThan(tries / 3);
  },
);

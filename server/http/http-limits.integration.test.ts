/** No header is dropped: what decides on a request is seen behind however many others, or the request is refused. */
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { startMax } from "../main.js";

const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ".concat(
  "AAAAAAAAAAAAAAAAAAAAAA==\r\n",
);

async function ask(port: string, head: string): Promise<string> {
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(`${head}\r\n`);
  const timer = setTimeout(() => void socket.end(), 2000);
  const answer = await text(socket);
  clearTimeout(timer);
  return answer.split("\r\n", 1)[0];
}

test.each([0, 31, 32, 64, 70, 3000, 20_000])(
  "a foreign Origin, Host or Content-Type is seen behind %d other headers, or the request refused",
  async (count) => {
    const max = await startMax({ port: 0, clock: "manual", origin: "https://market.example" });
    onTestFinished(() => max.close());
    const { port } = new URL(max.url);
    const others = "X: a\r\n".repeat(count);
    const isTooMuch = count === 20_000;
    const host = `Host: localhost:${port}\r\n`;
    const evil = "Origin: https://evil.example\r\n";
    const close = "Connection: close\r\n";
    const polling = `GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n${close}`;
    const webSocket = `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n`;
    expect(await ask(port, polling + others + evil + host)).toMatch(isTooMuch ? / 431 / : / 403 /);
    expect(await ask(port, webSocket + others + evil + host + upgrade)).toMatch(isTooMuch ? / 431 / : / 400 /);
    expect(await ask(port, `GET /api/sectors HTTP/1.1\r\n${close}${others}Host: evil.example\r\n`)).toMatch(
      isTooMuch ? / 431 / : / 421 /,
    );
    const post = `POST /api/sectors HTTP/1.1\r\n${close}${host}`;
    expect(await ask(port, `${post}${others}Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}`)).toMatch(
      isTooMuch ? / 431 / : / 415 /,
    );
  },
);

/** With recovery on, nobody gets an event twice by coming back in an odd way. */
import { expect, test } from "vitest";
import { attack } from "./realtime.fixture.js";
import { RawClient, maskedFrame, textOpcode } from "./raw-client.fixture.js";
import { type TestRoom, until } from "./realtime.fixture.js";

/** Joins, hears an event and loses its connection; the message with which it may come back. */
async function breakOff({ port, realtime }: TestRoom): Promise<string> {
  const client = await RawClient.open(port);
  client.sendText("40");
  const { pid } = JSON.parse((await client.takeText("40")).slice(2)) as { pid: string };
  const offset = (JSON.parse((await client.takeText("42")).slice(2)) as unknown[]).at(-1);
  client.socket.destroy();
  await until(() => realtime.clientsCount() === 1, "its connection is gone");
  return `40${JSON.stringify({ pid, offset })}`;
}

const valuesOf = (client: RawClient) =>
  client.events().map(([, payload]) => (payload as { indexValue: number }).indexValue);

test.each(["before", "after"])(
  "who comes back and joins anew, %s that, in one go gets every event once",
  async (when) => {
    const realtime = await attack({ recovery: true }, async (room) => {
      const comeBack = await breakOff(room);
      const client = await RawClient.open(room.port);
      const messages = when === "before" ? ["40", comeBack] : [comeBack, "40"];
      client.socket.write(Buffer.concat(messages.map((message) => maskedFrame(textOpcode, message))));
      await until(() => valuesOf(client).length > 20, "events are there");
      expect(room.realtime.io.of("/").sockets.size).toBe(2);
      expect(new Set(valuesOf(client)).size).toBe(valuesOf(client).length);
      client.socket.destroy();
    });
    expect(realtime.counters.inboundRefused).toEqual({ joinedAlready: 1 });
  },
);

test("a session comes back once: who tries it a second time is somebody new", async () => {
  await attack({ recovery: true }, async (room) => {
    const comeBack = await breakOff(room);
    const answers: { sid: string; pid: string }[] = [];
    const clients: RawClient[] = [];
    for (let attempt = 0; attempt < 2; attempt++) {
      const client = await RawClient.open(room.port);
      clients.push(client);
      client.sendText(comeBack);
      answers.push(JSON.parse((await client.takeText("40")).slice(2)) as { sid: string; pid: string });
    }
    const { pid } = JSON.parse(comeBack.slice(2)) as { pid: string };
    expect(answers.map((answer) => answer.pid === pid)).toEqual([true, false]);
    expect(answers[0].sid).not.toBe(answers[1].sid);
    for (const client of clients) client.socket.destroy();
  });
});

/** What a client can do with permessage-deflate: it is negotiated as RFC 7692 has it, and abuse is closed and counted. */
import { constants, deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { RawClient, compressedBit, maskedFrame, pingOpcode, textOpcode } from "./raw-client.fixture.js";
import { attack, openRoom, until } from "./realtime.fixture.js";

const offer = "permessage-deflate; client_max_window_bits";
const compressedText = textOpcode | compressedBit;
const bomb = Buffer.from(`42["x","${"y".repeat(16_000_000)}"]`);
/** The end of what a sender has to leave out (section 7.2.1). */
const finishFlush = constants.Z_SYNC_FLUSH;
const deflate = (data: Buffer | string): Buffer => deflateRawSync(data, { finishFlush }).subarray(0, -4);

describe("negotiation", () => {
  test.each([
    ["permessage-deflate", "permessage-deflate; client_no_context_takeover"],
    [offer, "permessage-deflate; client_no_context_takeover"],
    ["x-other, permessage-deflate", "permessage-deflate; client_no_context_takeover"],
    [
      "permessage-deflate; client_max_window_bits=9",
      "permessage-deflate; client_max_window_bits=9; client_no_context_takeover",
    ],
  ])("answers %s with %s, and compresses", async (extensions, answer) => {
    await using room = await openRoom();
    const client = await RawClient.join(room.port, extensions);
    expect(client.answer.toLowerCase()).toContain(`sec-websocket-extensions: ${answer}`);
    expect(room.realtime.counters.compression).toEqual({ shared: 0, waiting: 1, none: 0 });
    room.realtime.broadcastMarketUpdate({ indexValue: 1 });
    expect(room.realtime.counters.compression).toEqual({ shared: 0, waiting: 1, none: 0 });
    room.realtime.broadcastMarketUpdate({ indexValue: 2 });
    expect(room.realtime.counters.compression).toEqual({ shared: 1, waiting: 0, none: 0 });
    await until(() => client.compressed === 1, "the second event came compressed");
    expect(client.events()).toMatchObject([["market:update", { indexValue: 1 }]]);
    client.socket.destroy();
  });

  test.each([
    ["", {}],
    ["x-other", {}],
    ["permessage-deflate; server_no_context_takeover", {}],
    ["permessage-deflate; server_max_window_bits=10", {}],
    [offer, { compression: "off" }],
    [offer, { fanout: "stock" }],
  ] as const)("nothing is compressed for the offer %j with %j", async (extensions, options) => {
    await using room = await openRoom(options);
    const client = await RawClient.join(room.port, extensions === "" ? undefined : extensions);
    for (let value = 1; value <= 3; value++) room.realtime.broadcastMarketUpdate({ indexValue: value });
    await until(() => client.events().length === 3, "all of them came as they are");
    const isOff = "compression" in options || "fanout" in options;
    expect(/permessage-deflate/.test(client.answer)).toBe(!isOff && extensions.startsWith("permessage"));
    expect(room.realtime.counters.compression).toEqual({ shared: 0, waiting: 0, none: 1 });
    client.socket.destroy();
  });

  test.each(["client_max_window_bits=16", "client_max_window_bits=7", "server_max_window_bits=99", "unheard_of=1"])(
    "%s is refused with 400, and counted",
    async (parameter) => {
      await using room = await openRoom();
      await expect(RawClient.open(room.port, `permessage-deflate; ${parameter}`)).rejects.toThrow("closed before");
      expect(room.realtime.counters.handshakesRefused).toEqual({ webSocket: 1 });
      expect(room.realtime.clientsCount()).toBe(0);
    },
  );
});

describe("what a client compresses", () => {
  test("is read, in one frame and in fragments, each message for itself", async () => {
    await using room = await openRoom();
    const client = await RawClient.open(room.port, offer);
    client.socket.write(maskedFrame(compressedText, deflate("40")));
    await client.takeText("40");
    const half = deflate('42["buy",{"sectorId":"tech-001"}]');
    const first = maskedFrame(compressedText, half.subarray(0, 9));
    first[0] &= 0x7f;
    client.socket.write(first);
    client.socket.write(maskedFrame(0, half.subarray(9)));
    await until(() => room.realtime.counters.inboundRefused["unknownEvent"] === 1, "the event was read");
    expect(room.realtime.clientsCount()).toBe(1);
    client.socket.destroy();
  });

  test.each([
    {
      what: "a bomb",
      frames: [maskedFrame(compressedText, deflate(bomb).subarray(0, 16_000))],
      code: 1009,
      reason: "inflateSize",
    },
    {
      what: "a small bomb",
      frames: [maskedFrame(compressedText, deflate("x".repeat(12_000)))],
      code: 1009,
      reason: "inflateSize",
    },
    { what: "garbage", frames: [maskedFrame(compressedText, Buffer.alloc(50, 0xff))], code: 1007, reason: "inflate" },
    {
      what: "garbage after the last block",
      frames: [maskedFrame(compressedText, Buffer.concat([deflateRawSync("3"), Buffer.alloc(50, 7)]))],
      code: 1007,
      reason: "inflate",
    },
    {
      what: "a reference to a message before",
      frames: [
        maskedFrame(compressedText, deflate("40")),
        maskedFrame(compressedText, Buffer.from([0x02, 0x04, 0x00])),
      ],
      code: 1007,
      reason: "inflate",
    },
  ])("$what is closed with $code, and counted", async ({ frames, code, reason }) => {
    const realtime = await attack({}, async ({ port }) => {
      const client = await RawClient.open(port, offer);
      for (const frame of frames) client.socket.write(frame);
      await until(() => client.isClosed, "it is closed");
      expect(client.closeCode).toBe(code);
    });
    expect(realtime.counters.inboundRefused).toEqual({ [reason]: 1 });
  });

  test.each([
    { what: "RSV1 on a control frame", offered: offer, frame: maskedFrame(pingOpcode | compressedBit, "x") },
    { what: "RSV1 on a continuation", offered: offer, frame: maskedFrame(compressedBit, "x") },
    { what: "RSV1 without the extension", offered: undefined, frame: maskedFrame(compressedText, deflate("3")) },
    { what: "RSV2", offered: offer, frame: maskedFrame(textOpcode | 0x20, "3") },
    { what: "RSV3", offered: offer, frame: maskedFrame(compressedText | 0x10, deflate("3")) },
  ])("$what is closed with 1002, and counted", async ({ offered, frame }) => {
    const realtime = await attack({}, async ({ port }) => {
      const client = await RawClient.join(port, offered);
      client.socket.write(frame);
      await until(() => client.isClosed, "it is closed");
      expect(client.closeCode).toBe(1002);
    });
    expect(realtime.counters.connectionsClosed).toMatchObject({ "transport error": 1 });
  });
});

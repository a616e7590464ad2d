import { describe, expect, test } from "vitest";
import { canonicalAddress, peerOf } from "./addresses.js";
import { type ForwardedHeaders, readForwarding } from "./forwarded.js";
import { TrustedProxies, trustedProxyRule } from "./trusted-proxies.js";

const proxies = new TrustedProxies(["10.0.0.0/8", "fd00::/8"]);
const nearest = "10.0.0.1";

function read(headers: ForwardedHeaders): string | null {
  const forwarding = readForwarding(headers, nearest, (address) => proxies.has(address));
  return forwarding && `${forwarding.address}${forwarding.isBroken ? " broken" : ""}`;
}

describe("X-Forwarded-For", () => {
  test.each([
    ["203.0.113.9", "203.0.113.9"],
    ["203.0.113.9, 10.1.2.3", "203.0.113.9"],
    ["203.0.113.9 ,10.1.2.3,10.0.0.7", "203.0.113.9"],
    // What a client has written itself stands before the address that the first trusted proxy saw.
    ["127.0.0.1, 203.0.113.9", "203.0.113.9"],
    ["6.6.6.6, nonsense, 203.0.113.9, 10.1.2.3", "203.0.113.9"],
    ['for="127.0.0.1", 203.0.113.9', "203.0.113.9"],
    // Everybody is a proxy: the farthest is the client.
    ["10.9.9.9, 10.1.2.3", "10.9.9.9"],
    ["203.0.113.9:4711", "203.0.113.9"],
    ["2001:DB8::0:9", "2001:db8::9"],
    ["[2001:db8::9]:4711", "2001:db8::9"],
    ["[2001:db8::9]", "2001:db8::9"],
    ["::ffff:203.0.113.9", "203.0.113.9"],
    ["203.0.113.9, ::ffff:10.1.2.3", "203.0.113.9"],
    ["203.0.113.9, fd00::1", "203.0.113.9"],
  ])("%j: the client is %s", (list, address) => {
    expect(read({ "x-forwarded-for": list })).toBe(address);
  });

  test.each([
    "unknown",
    "203.0.113.256",
    "203.0.113",
    "[2001:db8::9",
    "203.0.113.9:x",
    "203.0.113.9,",
    "a".repeat(9000),
  ])("%j names nobody: the proxy's address stays", (list) => {
    expect(read({ "x-forwarded-for": list })).toBe(`${nearest} broken`);
  });

  test("an entry that names nobody hides what stands before it, not the proxy that is behind it", () => {
    expect(read({ "x-forwarded-for": "203.0.113.9, unknown, 10.1.2.3" })).toBe("10.1.2.3 broken");
  });

  test.each([undefined, "", " "])("%j is as none", (list) => {
    expect(read({ "x-forwarded-for": list })).toBeNull();
  });

  test("of a thousand proxies 32 are followed", () => {
    const list = Array.from({ length: 1000 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
    expect(read({ "x-forwarded-for": list.join(",") })).toBe(list.at(-32));
  });
});

describe("Forwarded", () => {
  test.each([
    ["for=203.0.113.9", "203.0.113.9"],
    ["For=203.0.113.9;proto=https;by=10.0.0.1", "203.0.113.9"],
    ['proto=https; for="203.0.113.9:4711"', "203.0.113.9"],
    ['for="[2001:db8::9]:4711"', "2001:db8::9"],
    ['for="[2001:db8::9]", for=10.1.2.3', "2001:db8::9"],
    ["for=127.0.0.1, for=203.0.113.9", "203.0.113.9"],
    ['for=", for=203.0.113.9', "203.0.113.9"],
  ])("%j: the client is %s", (forwarded, address) => {
    expect(read({ forwarded })).toBe(address);
  });

  test.each([
    "for=unknown",
    "for=_hidden",
    "proto=https",
    "for=203.0.113.9;for=127.0.0.1",
    'for="203.0.113.9',
    'host="a,b";for=203.0.113.9"',
    "203.0.113.9",
  ])("%j names nobody: the proxy's address stays", (forwarded) => {
    expect(read({ forwarded })).toBe(`${nearest} broken`);
  });
});

test("both headers count where they agree: a proxy that writes one leaves the other as the client sent it", () => {
  const list = "203.0.113.9";
  expect(read({ "x-forwarded-for": list, forwarded: `for="${list}:80"` })).toBe(list);
  expect(read({ "x-forwarded-for": list, forwarded: "for=127.0.0.1" })).toBe(`${nearest} broken`);
  expect(read({ "x-forwarded-for": "127.0.0.1", forwarded: `for=${list}` })).toBe(`${nearest} broken`);
});

test("a network is trusted in each form of its addresses, and nothing beside it", () => {
  const trusted = ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3", "::ffff:a01:203", "fd12:3456::1", "fd00::1%eth0"];
  const others = ["9.255.255.255", "11.0.0.0", "::ffff:11.0.0.1", "fe80::1", "", "10.0.0", "unknown", undefined];
  for (let turn = 0; turn < 2; turn += 1) {
    expect(trusted.filter((address) => !proxies.has(address))).toEqual([]);
    expect(others.filter((address) => proxies.has(address))).toEqual([]);
  }
  for (let index = 0; index < 5000; index += 1) expect(proxies.has(`11.0.${index >> 8}.${index & 255}`)).toBe(false);
  expect(proxies.has("10.1.2.3")).toBe(true);
});

test.each(["10.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "::1", "fd00::/8", "::ffff:10.0.0.0/104"])(
  "%j is accepted",
  (text) => {
    expect(trustedProxyRule.accepts(text)).toBe(true);
  },
);

test.each(["", "10.0.0.0/33", "10.0.0/8", "fd00::/129", "fe80::1%eth0", "localhost", "10.0.0.0/", "10.0.0.0/8 ", 7])(
  "%j is no network",
  (text) => {
    expect(trustedProxyRule.accepts(text)).toBe(false);
  },
);

test("an address has one form, and one peer", () => {
  expect(canonicalAddress("2001:0DB8:0:0:1:0:0:1")).toBe("2001:db8::1:0:0:1");
  expect(canonicalAddress("::FFFF:c000:0201")).toBe("192.0.2.1");
  expect(canonicalAddress("192.0.2.1/24")).toBeUndefined();
  expect(peerOf(canonicalAddress("2001:0db8:0001::1"))).toBe(peerOf("2001:db8:1::2"));
});

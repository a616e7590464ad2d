/** The proxies whose word about a client's address is taken: addresses and networks. */
import { BlockList, isIP } from "node:net";
import { type OptionRule, listOf } from "../../schemas/option-table.js";
import { canonicalAddress } from "./addresses.js";

/** Addresses whose judgement is remembered: Node takes microseconds for each. */
const rememberedMax = 1024;

interface Network {
  readonly address: string;
  readonly bits: number;
  readonly family: "ipv4" | "ipv6";
}

/** Undefined for what is neither an address nor a network. */
function parseNetwork(text: string): Network | undefined {
  const [, address = "", bits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const kind = isIP(address);
  if (kind === 0) return undefined;
  const width = kind === 4 ? 32 : 128;
  const network = { address, bits: Number(bits ?? width), family: kind === 4 ? "ipv4" : "ipv6" } as const;
  return network.bits <= width ? network : undefined;
}

export const trustedProxyRule: OptionRule = {
  accepts: (value) => typeof value === "string" && parseNetwork(value) !== undefined,
  expected: "an address or a network in CIDR notation, such as 10.0.0.0/8 or fd00::/8",
};

export const trustProxyRule: OptionRule = listOf(
  trustedProxyRule,
  "an array of addresses and networks in CIDR notation, such as 10.0.0.0/8 or fd00::/8",
);

export class TrustedProxies {
  readonly #networks = new BlockList();
  readonly #remembered = new Map<string, boolean>();

  /** @param networks that fit the rule above; others are left out */
  constructor(networks: readonly string[]) {
    for (const text of networks) {
      const network = parseNetwork(text);
      if (network !== undefined) this.#networks.addSubnet(network.address, network.bits, network.family);
    }
  }

  has(given: string | undefined): boolean {
    if (given === undefined) return false;
    const remembered = this.#remembered.get(given);
    if (remembered !== undefined) return remembered;
    const address = canonicalAddress(given);
    const isTrusted = address !== undefined && this.#networks.check(address, isIP(address) === 4 ? "ipv4" : "ipv6");
    if (this.#remembered.size >= rememberedMax) this.#remembered.clear();
    this.#remembered.set(given, isTrusted);
    return isTrusted;
  }
}

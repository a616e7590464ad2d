/**
 * Hosts for members and engines of a cluster: network namespaces on a bridge, whose links can be cut.
 *
 * Redis and Postgres of this machine listen on loopback, which no namespace reaches: a forwarder on the bridge leads to
 * them. Needs root and `ip`; touches nothing that it has not made.
 */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { onTestFinished } from "vitest";
import { forwardTo } from "./forwarder.fixture.js";

export interface Host {
  readonly address: string;
  /** Words that run a program there. */
  readonly enter: readonly [file: string, ...args: string[]];
  /** Nothing comes or goes until `mend`. */
  cut(): void;
  mend(): void;
  /** What it sends to this address is lost silently, until `show`. */
  hide(address: string): void;
  show(address: string): void;
}

/** A link-layer address that nobody has. */
const nowhere = "02:00:00:00:00:fe";

export interface Network {
  readonly hosts: readonly Host[];
  /** The address at which the hosts reach what this address leads to. */
  forward(url: string): Promise<string>;
}

function ip(...words: string[]): void {
  execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });
}

/** Null where namespaces can be made, or why not. */
function findAbsence(): string | null {
  const name = `max-${randomBytes(3).toString("hex")}`;
  try {
    ip("netns", "add", name);
    ip("netns", "delete", name);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message.split("\n").at(-1)! || error.message : String(error);
  }
}

const absence = findAbsence();
if (absence !== null) {
  const sentence = `No network namespaces (${absence}); run as root with ip (iproute2) installed.`;
  if (process.env["CI"] === "true") throw new Error(sentence);
  process.stderr.write(`Skipped the tests with cut links. ${sentence}\n`);
}

/** True when tests with links that are cut must be skipped. */
export const isNetworkAbsent = absence !== null;

/** Goes when the test ends. */
export function createNetwork(hosts: number): Network {
  const id = randomBytes(3).toString("hex");
  const [middle, low] = randomBytes(2);
  const prefix = `10.${64 + (middle % 128)}.${low}`;
  const bridge = `mx${id}`;
  onTestFinished(() => ip("link", "delete", bridge));
  ip("link", "add", bridge, "type", "bridge");
  ip("address", "add", `${prefix}.1/24`, "dev", bridge);
  ip("link", "set", bridge, "up");
  return {
    hosts: Array.from({ length: hosts }, (_, at) => {
      const [namespace, outer, inner] = [`max-${id}-${at}`, `mx${id}o${at}`, `mx${id}i${at}`];
      const address = `${prefix}.${at + 2}`;
      ip("netns", "add", namespace);
      onTestFinished(() => ip("netns", "delete", namespace));
      ip("link", "add", outer, "type", "veth", "peer", "name", inner, "netns", namespace);
      ip("link", "set", outer, "master", bridge, "up");
      for (const words of [
        ["address", "add", `${address}/24`, "dev", inner],
        ["link", "set", inner, "up"],
        ["link", "set", "lo", "up"],
      ])
        ip("-n", namespace, ...words);
      return {
        address,
        enter: ["ip", "netns", "exec", namespace] as const,
        cut: () => ip("link", "set", outer, "down"),
        mend: () => ip("link", "set", outer, "up"),
        hide: (to) => ip("-n", namespace, "neigh", "replace", to, "lladdr", nowhere, "dev", inner, "nud", "permanent"),
        show: (to) => ip("-n", namespace, "neigh", "delete", to, "dev", inner),
      };
    }),
    forward: (url) => forwardTo(url, { host: `${prefix}.1` }),
  };
}

/** Where Chromium is, and how it is started, for tests, benchmarks and pictures. The environment's CHROMIUM names another. */
import { existsSync } from "node:fs";
import { basename } from "node:path";

const browser = "/usr/bin/chromium";
/** The same engine without the browser's window: a page costs a third of the processor time. */
const headlessShell = "/usr/bin/chromium-headless-shell";

/** It asks nobody and calls nobody. */
export const chromiumFlags: readonly string[] = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface ChromiumSearch {
  /** Undefined where there is none. */
  readonly path: string | undefined;
  /** What to say then. */
  readonly absence: string;
}

/** @param withTabs whether tabs must be hidden when another one is shown, which the headless shell's are not */
export function findChromium({ withTabs }: { readonly withTabs: boolean }): ChromiumSearch {
  const places = withTabs ? [browser] : [headlessShell, browser];
  const asked = process.env["CHROMIUM"];
  const looked = asked === undefined ? places : [asked];
  return {
    path: looked.find((place) => existsSync(place)),
    absence: `no Chromium at ${looked.join(" or ")} (apt-get install ${basename(places[0])}, or CHROMIUM=path)`,
  };
}

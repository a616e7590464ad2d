/** The members of a cluster against each other: which of them is slow, lost connections or sent something wrong. */
import type { Summary } from "../../../schemas/index.js";
import { addressCells, addressHead } from "../../core/format.js";
import { code, section, table } from "../markup.js";

export function describeAddresses({ addresses }: Summary): string {
  if (addresses.length < 2) return "";
  const [first, ...others] = addressHead;
  const head = ["Address", `${first![0]!.toUpperCase()}${first!.slice(1)}`, ...others];
  const rows = addresses.map((address) => [code(address.url), ...addressCells(address)]);
  return section("Addresses", table({ caption: "Addresses", head, rows, words: [0] }));
}

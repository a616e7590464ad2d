/** Writes a result where it was asked for: JSON for programs, JUnit for CI, text for people. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContractResult } from "../core/result.js";
import { formatContractJunit } from "./junit.js";
import { formatContractText } from "./text.js";

/** Writes `contract.json`, `junit.xml` and `contract.txt` into a folder, which is made where it is missing. */
export async function writeContractReport(result: ContractResult, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Promise.all([
    writeFile(join(folder, "contract.json"), `${JSON.stringify(result, null, 2)}\n`),
    writeFile(join(folder, "junit.xml"), formatContractJunit(result)),
    writeFile(join(folder, "contract.txt"), `${formatContractText(result)}\n`),
  ]);
}

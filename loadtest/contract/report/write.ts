/** Writes a result where it was asked for: JSON for programs, JUnit and SARIF for CI, text and a page for people. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContractResult } from "../core/result.js";
import { formatContractJunit } from "./junit.js";
import { formatContractPage } from "./page.js";
import { formatContractSarif } from "./sarif.js";
import { formatContractText } from "./text.js";

/** Writes `contract.json`, `.html`, `.txt` and `.sarif`, and `junit.xml`, into a folder, which is made where it is missing. */
export async function writeContractReport(result: ContractResult, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Promise.all([
    writeFile(join(folder, "contract.json"), `${JSON.stringify(result, null, 2)}\n`),
    writeFile(join(folder, "junit.xml"), formatContractJunit(result)),
    writeFile(join(folder, "contract.sarif"), formatContractSarif(result)),
    writeFile(join(folder, "contract.html"), formatContractPage(result)),
    writeFile(join(folder, "contract.txt"), `${formatContractText(result)}\n`),
  ]);
}

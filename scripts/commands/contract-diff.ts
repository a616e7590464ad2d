/** `max contract diff OLD NEW`: what two versions of the schemas judge differently, each with a payload. */
import type { CommandModule } from "yargs";
import { SchemaFolderError, diffSchemas, formatDiffText, readSchemaFolder } from "../../loadtest/contract/index.js";
import { CliError, exitCodes } from "../cli-error.js";

interface DiffFlags {
  readonly old: string;
  readonly new: string;
  readonly seed: string;
  readonly json: boolean;
}

export const contractDiffCommand: CommandModule<object, DiffFlags> = {
  command: "diff <old> <new>",
  describe: "two versions of the schemas, told apart by payloads",
  builder: (yargs) =>
    yargs
      .positional("old", { type: "string", demandOption: true, describe: "folder with the schemas as they were" })
      .positional("new", { type: "string", demandOption: true, describe: "folder with the schemas as they are" })
      .option("seed", { type: "string", default: "42", describe: "the same seed finds the same payloads" })
      .option("json", { type: "boolean", default: false, describe: "print the differences as JSON" })
      .example("max contract diff ../released schemas", "what a release would break")
      .epilogue("Exit codes: 0 nothing breaks, 1 something does, 2 usage."),
  handler: diff,
};

async function diff(flags: DiffFlags): Promise<void> {
  let differences;
  try {
    const [before, after] = [await readSchemaFolder(flags.old), await readSchemaFolder(flags.new)];
    differences = diffSchemas(before, after, flags.seed);
  } catch (error) {
    if (error instanceof SchemaFolderError) throw new CliError(exitCodes.usage, error.message, { cause: error });
    throw error;
  }
  process.stdout.write(`${flags.json ? JSON.stringify(differences, null, 2) : formatDiffText(differences)}\n`);
  process.exitCode = differences.some(({ breaking }) => breaking) ? exitCodes.failed : exitCodes.pass;
}

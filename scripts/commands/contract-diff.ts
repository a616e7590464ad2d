/** `max contract diff OLD NEW`: what two versions of the schemas judge differently, each with a payload. */
import { diffSchemas, formatDiffText, readSchemaFolder } from "../../loadtest/contract/index.js";
import { exitCodes } from "../cli-error.js";
import { defineCommand } from "../flags/command.js";
import { asText, positional, switchFlag, textFlag } from "../flags/flag-table.js";

const flags = {
  old: positional("folder with the schemas as they were"),
  new: positional("folder with the schemas as they are"),
  seed: textFlag({ parse: asText, default: "42", description: "the same seed finds the same payloads" }),
  json: switchFlag({ default: false, description: "print the differences as JSON" }),
};

export const contractDiffCommand = defineCommand({
  flags,
  examples: [["max contract diff ../released schemas", "what a release would break"]],
  epilogue: "Exit codes: 0 nothing breaks, 1 something does, 2 usage.",
  prepare: (values) => values,
  async run({ old, new: changed, seed, json }) {
    const [before, after] = [await readSchemaFolder(old), await readSchemaFolder(changed)];
    const differences = diffSchemas(before, after, seed);
    process.stdout.write(`${json ? JSON.stringify(differences, null, 2) : formatDiffText(differences)}\n`);
    process.exitCode = differences.some(({ breaking }) => breaking) ? exitCodes.failed : exitCodes.pass;
  },
});

/** `max contract compare`: what two running servers answer and broadcast differently. */
import { type CompareOptions, compareServers, formatCompareText } from "../../loadtest/contract/index.js";
import { acceptAnyCertificate } from "../../loadtest/core/certificates.js";
import { CliError, exitCodes } from "../cli-error.js";
import { defineCommand } from "../flags/command.js";
import { listFlag, optionsOf, switchFlag, textFlag } from "../flags/flag-table.js";
import { headerFlag, insecureFlag, parseRunMs } from "../flags/target-flags.js";
import { interruption } from "../interruption.js";

const flags = {
  url: listFlag({
    parse: (texts) => texts,
    default: [],
    defaultDescription: "none",
    description: "a running server; given twice, the first is A and the second B",
  }),
  for: textFlag({
    parse: parseRunMs,
    option: "forMs",
    default: "10s",
    description: "how long to listen for events: 250ms 30s 5m",
  }),
  insecure: insecureFlag,
  header: headerFlag,
  json: switchFlag({ default: false, description: "print the result as JSON" }),
};

const codes = {
  SAME: exitCodes.pass,
  DIFFERENT: exitCodes.failed,
  UNREACHABLE: exitCodes.targetUnreachable,
  INTERRUPTED: exitCodes.interrupted,
} as const;

export const contractCompareCommand = defineCommand({
  flags,
  examples: [["max contract compare --url http://localhost:8000 --url http://localhost:9000", "A and B, for 10 s"]],
  epilogue:
    "Nothing is written. Exit codes: 0 the same, 1 different, 2 usage, 4 a server is unreachable, 130 interrupted.",
  prepare(values): { readonly options: CompareOptions; readonly json: boolean; readonly insecure: boolean } {
    const [a, b, ...more] = values.url;
    if (a === undefined || b === undefined || more.length > 0)
      throw new CliError(
        exitCodes.usage,
        `--url is given ${values.url.length} times; compare takes two servers, A and B.`,
      );
    return { options: { ...optionsOf(flags, values), a, b }, json: values.json, insecure: values.insecure };
  },
  async run({ options, json, insecure }) {
    using interrupt = interruption();
    if (insecure) acceptAnyCertificate();
    const progress = (line: string): void => void process.stderr.write(`${line}\n`);
    const result = await compareServers({ ...options, signal: interrupt.signal, progress });
    process.stdout.write(`${json ? JSON.stringify(result, null, 2) : formatCompareText(result)}\n`);
    process.exitCode = codes[result.verdict];
  },
});

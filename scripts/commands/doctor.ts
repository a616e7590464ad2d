/** `max doctor`: whether this machine is fit for a big load test, and what to do about what is not. */
import { exitCodes } from "../cli-error.js";
import { defineCommand } from "../flags/command.js";
import { switchFlag } from "../flags/flag-table.js";

export const doctorCommand = defineCommand({
  flags: {
    fix: switchFlag({
      default: false,
      description: "print the commands that mend what is not fit, for this shell to run",
    }),
  },
  examples: [
    ["max doctor", "limits, cores, memory and punctuality, with the remedy for each"],
    ['eval "$(max doctor --fix)"', "apply the remedies that are commands"],
  ],
  epilogue: "Exit codes: 0 a big run is possible, disturbed or not; 1 something makes it impossible.",
  prepare: ({ fix }) => fix,
  async run(isFix) {
    const { formatDiagnosis, formatFixes, runDoctor } = await import("../../loadtest/index.js");
    const diagnosis = await runDoctor();
    if (isFix) {
      process.stdout.write(formatFixes(diagnosis));
      return;
    }
    process.stdout.write(`${formatDiagnosis(diagnosis)}\n`);
    // What may only disturb a run is no failure: the machine is busy now and then.
    process.exitCode = diagnosis.fitness === "unfit" ? exitCodes.failed : exitCodes.pass;
  },
});

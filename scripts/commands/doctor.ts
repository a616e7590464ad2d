/** `max doctor`: whether this machine is fit for a big load test, and what to do about what is not. */
import { exitCodes } from "../cli-error.js";
import { defineCommand } from "../flags/command.js";

export const doctorCommand = defineCommand({
  flags: {},
  examples: [["max doctor", "limits, cores, memory and punctuality, with the remedy for each"]],
  epilogue: "Exit codes: 0 a big run is possible, disturbed or not; 1 something makes it impossible.",
  prepare: () => undefined,
  async run() {
    const { formatDiagnosis, runDoctor } = await import("../../loadtest/index.js");
    const diagnosis = await runDoctor();
    process.stdout.write(`${formatDiagnosis(diagnosis)}\n`);
    // What may only disturb a run is no failure: the machine is busy now and then.
    process.exitCode = diagnosis.fitness === "unfit" ? exitCodes.failed : exitCodes.pass;
  },
});

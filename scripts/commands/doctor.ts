/** `max doctor`: whether this machine is fit for a big load test, and what to do about what is not. */
import type { CommandModule } from "yargs";
import { formatDiagnosis, runDoctor } from "../../loadtest/index.js";
import { exitCodes } from "../cli-error.js";

export const doctorCommand: CommandModule = {
  command: "doctor",
  describe: "say whether this machine is fit for a big load test",
  builder: (yargs) => yargs.example("max doctor", "limits, cores, memory and punctuality, with the way out of each"),
  handler: async () => {
    const diagnosis = await runDoctor();
    process.stdout.write(`${formatDiagnosis(diagnosis)}\n`);
    process.exitCode = diagnosis.isFit ? exitCodes.pass : exitCodes.failed;
  },
};

/** `max plans`: the load tests that come with max, and each as JSON, to begin a plan of one's own with. */
import type { CommandModule } from "yargs";
import { PlanError, loadPlan, shippedPlans } from "../../loadtest/index.js";
import { formatDuration } from "../../schemas/index.js";
import { CliError, exitCodes } from "../cli-error.js";

interface PlansFlags {
  readonly name: string | undefined;
}

export const plansCommand: CommandModule<object, PlansFlags> = {
  command: "plans [name]",
  builder: (yargs) =>
    yargs
      .positional("name", { type: "string", describe: "of a plan, or the path of a plan file" })
      .example("max plans", "the list")
      .example("max plans default > mine.json", "begin one of your own"),
  handler: plans,
};

async function plans({ name }: PlansFlags): Promise<void> {
  if (name === undefined) {
    process.stdout.write(`${listPlans()}\n`);
    return;
  }
  try {
    process.stdout.write(`${JSON.stringify(await loadPlan(name), null, 2)}\n`);
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    throw new CliError(exitCodes.usage, error.message, { cause: error });
  }
}

function listPlans(): string {
  const nameWidth = Math.max(...[...shippedPlans.keys()].map((name) => name.length));
  return [...shippedPlans.values()]
    .map(({ name, description, clients, stages }) => {
      const length = formatDuration(stages.reduce((sum, { durationMs }) => sum + durationMs, 0));
      const load = `${clients.toLocaleString("en")} clients, ${length}`;
      return `${name.padEnd(nameWidth)}  ${load}\n${" ".repeat(nameWidth + 2)}${description}`;
    })
    .join("\n");
}

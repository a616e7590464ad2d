/** `max plans`: the load tests that come with max, and each as JSON, to begin a plan of one's own with. */
import { formatTable } from "../../loadtest/report/table.js";
import { loadPlan, shippedPlans } from "../../loadtest/index.js";
import { formatDuration } from "../../schemas/index.js";
import { defineCommand } from "../flags/command.js";
import { positional } from "../flags/flag-table.js";

export const plansCommand = defineCommand({
  flags: { name: positional("name of a plan, or the path of a plan file", true) },
  examples: [
    ["max plans", "the list"],
    ["max plans default > mine.json", "begin one of your own"],
  ],
  prepare: ({ name }) => (name === undefined ? undefined : loadPlan(name)),
  run: (plan) => void process.stdout.write(`${plan === undefined ? listPlans() : JSON.stringify(plan, null, 2)}\n`),
});

function listPlans(): string {
  const rows = [...shippedPlans.values()].flatMap(({ name, description, clients, stages }) => {
    const length = formatDuration(stages.reduce((sum, { durationMs }) => sum + durationMs, 0));
    return [
      [name, `${clients.toLocaleString("en")} clients, ${length}`],
      ["", description],
    ];
  });
  return formatTable(rows, { align: "left" }).join("\n");
}

/** `max plans`: the load tests that come with max, and each as JSON, to begin a plan of one's own with. */
import { formatTable } from "../../loadtest/report/table.js";
import { loadPlan, shippedPlans, stageKinds } from "../../loadtest/index.js";
import { type Plan, formatDuration, schemaFiles } from "../../schemas/index.js";
import { defineCommand } from "../flags/command.js";
import { positional } from "../flags/flag-table.js";

export const plansCommand = defineCommand({
  flags: { name: positional("name of a plan, or the path of a plan file", true) },
  examples: [
    ["max plans", "the list"],
    ["max plans default > mine.json", "begin one of your own"],
  ],
  prepare: ({ name }) => (name === undefined ? undefined : loadPlan(name)),
  run: (plan) => void process.stdout.write(`${plan === undefined ? listPlans() : formatPlan(plan)}\n`),
});

/** With the address of its schema, by which editors know its fields. */
function formatPlan(plan: Plan): string {
  return JSON.stringify({ $schema: schemaFiles["plan.schema.json"].$id, ...plan }, null, 2);
}

/** Each kind of stage with an example. */
export function listStages(): string {
  const rows = Object.entries(stageKinds).flatMap(([kind, { description, example }]) => [
    [kind, description],
    ["", JSON.stringify(example)],
  ]);
  return formatTable(rows, { align: "left" }).join("\n");
}

/** Each plan with its size and purpose. */
export function listPlans(): string {
  const rows = [...shippedPlans.values()].flatMap(({ name, description, clients, stages }) => {
    const length = formatDuration(stages.reduce((sum, { durationMs }) => sum + durationMs, 0));
    return [
      [name, `${clients.toLocaleString("en")} clients, ${length}`],
      ["", description],
    ];
  });
  return formatTable(rows, { align: "left" }).join("\n");
}

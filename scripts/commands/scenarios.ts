/** `max scenarios`: what can be simulated, and how many events a second to expect of it. */
import { forecast, shippedScenarios } from "../../simulator/index.js";
import { formatTable } from "../../loadtest/report/table.js";
import { defineCommand } from "../flags/command.js";

export const scenariosCommand = defineCommand({
  flags: {},
  examples: [
    ["max scenarios", "the list"],
    ["max demo --scenario flash-crash-2010", "run one"],
  ],
  prepare: () => undefined,
  run() {
    const rows = [...shippedScenarios].flatMap(([name, scenario]) => {
      const perSecond = Object.values(forecast(scenario)).reduce((sum, one) => sum + one.perSecond, 0);
      return [
        [name, `${perSecond.toFixed(1).padStart(5)} events/s`, scenario.title],
        ["", "", scenario.description],
      ];
    });
    process.stdout.write(`${formatTable(rows, { align: "left" }).join("\n")}\n`);
  },
});

/** `max scenarios`: what can be simulated, and how many events a second to expect of it. */
import { forecast, shippedScenarios } from "../../simulator/index.js";
import { defineCommand } from "../flags/command.js";

export const scenariosCommand = defineCommand({
  flags: {},
  examples: [
    ["max scenarios", "the list"],
    ["max demo --scenario flash-crash-2010", "run one"],
  ],
  prepare: () => undefined,
  run() {
    const nameWidth = Math.max(...[...shippedScenarios.keys()].map((name) => name.length));
    for (const [name, scenario] of shippedScenarios) {
      const eventsPerSecond = Object.values(forecast(scenario)).reduce((sum, { perSecond }) => sum + perSecond, 0);
      process.stdout.write(
        `${name.padEnd(nameWidth)}  ${eventsPerSecond.toFixed(1).padStart(7)} events/s  ${scenario.title}\n`,
      );
      process.stdout.write(`${" ".repeat(nameWidth + 20)}${scenario.description}\n`);
    }
  },
});
